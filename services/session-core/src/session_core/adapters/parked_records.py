"""The headers of a parked command as JSON; contents in base64, for they may be anything."""

import base64
import json
from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from domain.commands import COMMANDS
from domain.values import CommandId

Headers: TypeAlias = Sequence[tuple[str, bytes]]


def written(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Give the headers in one piece."""
    pairs = [
        [name, None if content is None else base64.b64encode(content).decode()]
        for name, content in headers
    ]
    return json.dumps(pairs).encode()


def read(pairs: bytes) -> list[tuple[str, bytes]]:
    """Give the headers back; one that Kafka carried without a value still has none."""
    return [(name, _content(encoded)) for name, encoded in json.loads(pairs)]


def _content(encoded: str | None) -> Any:
    return None if encoded is None else base64.b64decode(encoded)


def known_type(headers: Headers) -> str | None:
    """Give the type that the headers name; of one that we do not know nothing can be shown."""
    named = dict(headers).get("ce_type") or b""
    return next((kind for kind in COMMANDS if kind.encode() == named), None)


def known_id(headers: Headers) -> CommandId | None:
    """Give the id of the command; what is none may be anything, and is not shown."""
    try:
        return CommandId(UUID((dict(headers).get("ce_id") or b"").decode("ascii")))
    except ValueError:
        return None
