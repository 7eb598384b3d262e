"""What happened, for people and systems that look it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.ports.event_store import AliasKey, NewEvent
from domain.ports.operators import SessionLine
from domain.values import ContactId


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """An event under its number in the shard, and when it became true for everybody."""

    sequence: int
    event: NewEvent
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Some events of a stream, in order."""

    events: Sequence[ArchivedEvent]
    last_version: int
    """Of the whole stream; 0 if there is no such stream."""

    @property
    def next_after(self) -> int | None:
        """The version after which the next page begins, or None if this is the last one."""
        reached = self.events[-1].event.version if self.events else self.last_version
        return reached if reached < self.last_version else None


class SessionArchive(Protocol):
    """Reads, never writes. Every method may raise StoreUnavailable."""

    async def stream(self, stream_id: UUID, *, after: int, limit: int) -> Page:
        """Return the events after this version: at most `limit`, and about 1 MiB of data."""
        ...

    async def version_at(self, stream_id: UUID, at: datetime) -> int:
        """Return the version that the stream had reached at this time, 0 before its begin."""
        ...

    async def erased_until(self, contact_id: ContactId) -> int:
        """Return the number in the shard up to which the person asked to be forgotten, or 0."""
        ...

    async def named(self, name: AliasKey) -> ContactId | None:
        """Return whose name it is."""
        ...

    async def sessions_of(self, contact_id: ContactId, *, limit: int) -> Sequence[SessionLine]:
        """Return the person's sessions, those opened last first."""
        ...
