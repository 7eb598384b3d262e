"""What the event store in memory holds, looked at as a whole."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from domain.ports.event_store import AliasKey, Snapshot, TimerKey
from domain.ports.rebuilding import AliasInUse, Beginning, StoredEvent, TimerInUse
from domain.values import ContactId, SessionId
from session_core.adapters.memory_event_store import MemoryEventStore


class MemoryStateInUse:
    """StateInUse of a MemoryEventStore."""

    def __init__(self, store: MemoryEventStore) -> None:
        self._store = store

    @asynccontextmanager
    async def moment(self) -> AsyncIterator["MemoryMoment"]:
        """See StateInUse."""
        yield MemoryMoment(self._store)


class MemoryMoment:
    """Moment: everything is taken down when it begins."""

    def __init__(self, store: MemoryEventStore) -> None:
        self._events = store.events()
        self._sessions = store.sessions()
        self._snapshots = store.snapshots()
        self._timers = {
            key: TimerInUse(timer.contact_id, shard, timer.due_at)
            for shard, timers in store.timers_by_shard().items()
            for key, timer in timers.items()
        }
        self._homes = {name: AliasInUse(*home) for name, home in store.homes().items()}
        self._begun = {one.event.stream_id: one for one in self._events if one.event.version == 1}

    async def ends(self) -> Mapping[int, int]:
        """See Moment."""
        return {one.shard: one.sequence for one in self._events}

    async def count(self, shard: int, *, upto: int) -> int:
        """See Moment."""
        return sum(one.shard == shard and one.sequence <= upto for one in self._events)

    async def beginnings(
        self, shard: int, *, after: int, upto: int, limit: int
    ) -> Sequence[Beginning]:
        """See Moment."""
        begun = [one for one in self._begun.values() if one.shard == shard]
        within = [one for one in begun if after < one.sequence <= upto]
        return [Beginning(one, self._sessions.get(one.event.stream_id)) for one in within[:limit]]

    async def histories(
        self, contacts: Sequence[ContactId], *, sessions: bool
    ) -> Mapping[ContactId, Sequence[StoredEvent]]:
        """See Moment."""
        owners: dict[UUID, ContactId] = {contact: contact for contact in contacts}
        if sessions:
            owners |= {
                session: row.contact_id
                for session, row in self._sessions.items()
                if row.contact_id in contacts
            }
        found: dict[ContactId, list[StoredEvent]] = {}
        for one in self._events:
            if one.event.stream_id in owners:
                found.setdefault(owners[one.event.stream_id], []).append(one)
        return found

    async def owners(self, names: Sequence[AliasKey]) -> Mapping[AliasKey, AliasInUse]:
        """See Moment."""
        return {name: self._homes[name] for name in names if name in self._homes}

    async def names(
        self, *, after: AliasKey | None, limit: int
    ) -> Sequence[tuple[AliasKey, AliasInUse]]:
        """See Moment."""
        ordered = sorted(self._homes, key=_order)
        rest = [name for name in ordered if after is None or _order(name) > _order(after)]
        return [(name, self._homes[name]) for name in rest[:limit]]

    async def snapshots(
        self, contacts: Sequence[ContactId], *, form: str
    ) -> Mapping[ContactId, Snapshot]:
        """See Moment."""
        taken = {who: self._snapshots[who] for who in contacts if who in self._snapshots}
        return {who: one for who, one in taken.items() if one.form == form}

    async def timers(self, sessions: Sequence[SessionId]) -> Mapping[TimerKey, TimerInUse]:
        """See Moment."""
        return {key: one for key, one in self._timers.items() if key.session_id in sessions}

    async def timers_without_session(self, *, limit: int) -> Sequence[TimerKey]:
        """See Moment."""
        return [key for key in self._timers if key.session_id not in self._begun][:limit]

    async def sessions_without_beginning(self, *, limit: int) -> Sequence[SessionId]:
        """See Moment."""
        return [SessionId(one) for one in self._sessions if one not in self._begun][:limit]

    async def streams_without_beginning(self, *, limit: int) -> Sequence[UUID]:
        """See Moment."""
        streams = dict.fromkeys(one.event.stream_id for one in self._events)
        return [stream for stream in streams if stream not in self._begun][:limit]


def _order(name: AliasKey) -> tuple[str, str]:
    return name.phone_number_id, name.name
