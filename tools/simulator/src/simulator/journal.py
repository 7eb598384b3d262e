"""A file of what the platform did, line by line: it outlives the platform, whose memory does not.

Each line is a JSON object. `what` is one of
- `started`;
- `taken`: a webhook for the business; its way is `in-turn`, or `alone` where a fault meddles;
- `answered`: the business answered that webhook with 200;
- `accepted`: a message of the business reached the phone, or `fails` later with that code; the
  business was `answered`, or not;
- `refused`: a message of the business was refused with a code;
- `unreached`: a call of the business got lost before anybody looked at it;
- `crm`: the CRM answered a call.
It holds what people wrote and their numbers, as the platform's memory does.
"""

import json
import time
from pathlib import Path
from typing import Any, Literal, TypeAlias

What: TypeAlias = Literal["started", "taken", "answered", "accepted", "refused", "unreached", "crm"]


class Journal:
    """Writes before anybody is answered; without a path it writes nothing."""

    def __init__(self, path: Path | None) -> None:
        # Line by line into the kernel: a SIGKILL loses nothing that was written.
        self._file = path.open("a", buffering=1, encoding="utf-8") if path else None
        self.write("started")

    def write(self, what: What, **details: Any) -> None:
        """Add a line; `at` is in unix seconds."""
        if self._file is not None:
            line = {"what": what, "at": time.time(), **details}
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            self._file.close()
            self._file = None
