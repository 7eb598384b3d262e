"""What is in use, to be compared with what the events say. Looking changes nothing."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.ports.event_store import AliasKey, NewEvent, Snapshot, TimerKey
from domain.values import ContactId, SessionId


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event where it lies."""

    shard: int
    sequence: int
    event: NewEvent


@dataclass(frozen=True, slots=True)
class SessionInUse:
    """Whose a session is taken for, where it is looked for, and with what it began."""

    contact_id: ContactId
    shard: int
    opened_at: datetime
    opened_sequence: int


@dataclass(frozen=True, slots=True)
class AliasInUse:
    """To whom a name leads, and to which shard."""

    contact_id: ContactId
    shard: int


@dataclass(frozen=True, slots=True)
class TimerInUse:
    """When a session is looked at again, by whom, and whose it is taken for."""

    contact_id: ContactId
    shard: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first event of a stream, and the session in use under the stream's id."""

    stored: StoredEvent
    session: SessionInUse | None


class Moment(Protocol):
    """The store as it was at one moment, whatever others write meanwhile.

    Every method may raise StoreUnavailable. Keep a moment short: what others replace meanwhile
    cannot be cleared away before it ends.
    """

    async def ends(self) -> Mapping[int, int]:
        """Return the number of the last event of every shard."""
        ...

    async def count(self, shard: int, *, upto: int) -> int:
        """Count the events of a shard up to this number."""
        ...

    async def beginnings(
        self, shard: int, *, after: int, upto: int, limit: int
    ) -> Sequence[Beginning]:
        """Return the next first events of streams, in the order of the shard."""
        ...

    async def histories(
        self, contacts: Sequence[ContactId], *, sessions: bool
    ) -> Mapping[ContactId, Sequence[StoredEvent]]:
        """Return all that happened to these, in order; with or without their sessions."""
        ...

    async def owners(self, names: Sequence[AliasKey]) -> Mapping[AliasKey, AliasInUse]:
        """Return to whom these names lead; a name that leads to nobody is missing."""
        ...

    async def names(
        self, *, after: AliasKey | None, limit: int
    ) -> Sequence[tuple[AliasKey, AliasInUse]]:
        """Return the next names in use, in an order of the store's own."""
        ...

    async def snapshots(
        self, contacts: Sequence[ContactId], *, form: str
    ) -> Mapping[ContactId, Snapshot]:
        """Return the snapshots of this form; who has none is missing."""
        ...

    async def timers(self, sessions: Sequence[SessionId]) -> Mapping[TimerKey, TimerInUse]:
        """Return all timers of these sessions."""
        ...

    async def timers_without_session(self, *, limit: int) -> Sequence[TimerKey]:
        """Return timers of sessions that no event began."""
        ...

    async def sessions_without_beginning(self, *, limit: int) -> Sequence[SessionId]:
        """Return sessions in use that no event began."""
        ...

    async def streams_without_beginning(self, *, limit: int) -> Sequence[UUID]:
        """Return streams whose first event is not there."""
        ...


class StateInUse(Protocol):
    """Opens moments, one after the other."""

    def moment(self) -> AbstractAsyncContextManager[Moment]:
        """Hold the store still for whoever looks, not for those who write."""
        ...
