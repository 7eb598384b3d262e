"""What the stack says when something cannot be done: one line, for a person."""

import re
from pathlib import Path

_TELLING = re.compile(
    r"\b(ERROR|FATAL|PANIC|CRITICAL)\b|\w(Error|Exception)\b|^error:", re.IGNORECASE
)
_NOISE = re.compile(r"^\s*(at |\.\.\. \d+ more|$)")
_LONGEST = 300
_TAIL_BYTES = 256 * 1024


class StackError(Exception):
    """Something cannot start, stop or be found; the message is one complete line."""


def last_meaningful_line(log: Path, *, since: int = 0) -> str:
    """Return the line that best tells why the writer of `log` ended; `since` is a byte offset."""
    if not log.exists():
        return "it wrote no log"
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if not _NOISE.match(line)]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or ["it wrote nothing to its log"])[-1][:_LONGEST]
