"""A store and its topics while they are in use, looked at as a whole to find what was broken.

TopicUnreadable   the topic does not answer, or its log moved on while it was read: try again
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from domain.ports.command_source import Bounds, Delivery
from domain.values import CommandId, EventId, ReplyId


class TopicUnreadable(Exception):
    """The topic does not answer, or lost records while it was read; trying again can help."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far a shard had come when the look began; all four were true at the same moment."""

    shard: int
    next_offset: int
    last_sequence: int
    published_sequence: int
    stored_sequence: int
    """The highest number that an event of the shard has."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that no event of a shard has: those between, without these two."""

    shard: int
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Break:
    """A version of a stream that does not follow the one before, or not in its shard's order."""

    stream_id: UUID
    version: int
    before: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A command in the log. What is not `due` was still waiting when the look began."""

    shard: int
    offset: int
    due: bool
    kind: Literal["message", "status", "unreadable"]
    command_id: CommandId | None
    reply_id: ReplyId | None = None
    rank: int | None = None
    """How far a status says that the reply got."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the commands of a log, each counted once however often it came."""

    messages: int
    messages_decided: int
    messages_parked: int
    statuses: int
    statuses_recorded: int
    statuses_outranked: int
    statuses_of_others: int
    """Of replies that the store does not know, or that do not count any more."""
    statuses_parked: int
    unreadable: int
    """Records that are no command, up to where the shards have come."""
    unreadable_parked: int
    parked: int
    """Everything that is parked, of whatever type, also what the log does not hold any more."""
    lost_messages: Sequence[CommandId]
    lost_statuses: Sequence[CommandId]
    lost_records: Sequence[tuple[int, int]]
    """Shard and offset of what could not be read and is not parked."""


class Books(Protocol):
    """What a log says beside what the store says, for the time of one look."""

    async def note(self, sightings: Sequence[Sighting]) -> None:
        """Write down what the log holds."""
        ...

    async def gather(self, horizon: Horizon) -> int:
        """Write down what a shard holds up to the horizon; return how many events."""
        ...

    async def repeated_events(self, *, limit: int) -> Sequence[EventId]:
        """Return ids that more than one event has."""
        ...

    async def repeated_messages(self, *, limit: int) -> Sequence[CommandId]:
        """Return commands that led to more than one message received."""
        ...

    async def fate(self, *, limit: int) -> Fate:
        """Say what became of the commands noted; at most so many of the lost are named."""
        ...


class StoreAudit(Protocol):
    """Looks at the store without holding anybody up. May raise StoreUnavailable."""

    async def horizons(self) -> Sequence[Horizon]:
        """Return how far every shard has come, all at the same moment."""
        ...

    def holes(self, horizon: Horizon) -> AsyncIterator[Hole]:
        """Yield what is missing among the numbers of a shard up to the horizon."""
        ...

    def breaks(self) -> AsyncIterator[Break]:
        """Yield every version that does not follow."""
        ...

    async def streams(self) -> int:
        """Count the streams."""
        ...

    def books(self) -> AbstractAsyncContextManager[Books]:
        """Open books, which are gone afterwards."""
        ...


class TopicHistory(Protocol):
    """A topic as its readers see it, committed records only. Raises TopicUnreadable."""

    async def bounds(self) -> Mapping[int, Bounds]:
        """Return where the log of every partition begins and ends."""
        ...

    def read(self, partition: int) -> AsyncIterator[Sequence[Delivery]]:
        """Yield all records that there were when reading began, in order."""
        ...
