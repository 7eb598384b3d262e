"""Where the front door leaves what it was told, durably, before it says thank you.

LogUnavailable   not certainly kept: try again with the same entries, repeats are harmless
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

from domain.topics import Topic


class LogUnavailable(Exception):
    """Some entries may be kept, some not. The reason is short and holds nothing personal."""


class Entry(NamedTuple):
    """One message for the readers of `topic`, already encoded."""

    topic: Topic
    key: str
    id: str
    """The same for every repeat."""
    type: str
    at: datetime
    """When it came in, not when it happened."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """What of a webhook was not understood: a short code, and where (JSON path). Never a value."""

    reason: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedWebhook:
    """A webhook kept whole, byte for byte, for a person to look at."""

    body: bytes
    problems: Sequence[Problem]
    at: datetime


LogEntry: TypeAlias = Entry | ParkedWebhook


class CommandLog(Protocol):
    """Keeps entries; those of one key stay in order."""

    async def append(self, entries: Sequence[LogEntry]) -> None:
        """Return once every entry is kept durably. Raises LogUnavailable."""
        ...
