"""The headers of a parked command as JSON; contents in base64, for they may be anything."""

import base64
import json
from collections.abc import Sequence


def written(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Give the headers in one piece."""
    pairs = [
        [name, None if content is None else base64.b64encode(content).decode()]
        for name, content in headers
    ]
    return json.dumps(pairs).encode()
