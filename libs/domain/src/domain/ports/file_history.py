"""What was told of files, for who compares it with what is there.

HistoryUnreadable    the events cannot be read, or not all of them
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple, Protocol

from domain.events import Event


class Past(NamedTuple):
    """An event, and when it was."""

    event: Event
    at: datetime


class FileHistory(Protocol):
    """All events about files and erased or merged people, in the order of each person."""

    def read(self) -> AsyncIterator[Past]:
        """Yield them once. Raises HistoryUnreadable."""
        ...

    @property
    def complete_since(self) -> datetime | None:
        """From when on no event is missing, older ones may have left the topic; None: all there."""
        ...


class HistoryUnreadable(Exception):
    """The events cannot be read; says why."""
