"""What the platform wrote down: the outside half of every promise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Line: TypeAlias = dict[str, Any]
_FIRST_KEY = b'{"what":'


class Journal:
    """Reads the simulator's journal as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def new_lines(self) -> Iterator[Line]:
        """Give the complete lines that were not given before.

        A writer that was killed within a line leaves a torn one, to which its successor appends.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._position)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self._position += len(raw)
                line = _read(raw)
                if line is not None:
                    yield line


def _read(raw: bytes) -> Line | None:
    # What follows a torn line is whole: it begins where its first key does.
    for begin in (0, raw.rfind(_FIRST_KEY)):
        try:
            line: Line = json.loads(raw[begin:])
        except ValueError:
            continue
        return line
    return None
