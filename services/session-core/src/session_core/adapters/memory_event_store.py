"""The event store in memory, for tests and for playing a flow without a database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.ports.event_store import (
    AliasKey,
    Append,
    Histories,
    History,
    Lease,
    NewSession,
    ParkedCommand,
    ParkingPermit,
    PastEvent,
    RecordedEvent,
    Snapshot,
    StoreConflict,
    Timer,
    TimerKey,
)
from domain.ports.parked_commands import Place
from domain.ports.rebuilding import SessionInUse, StoredEvent
from domain.values import CommandId, ContactId, SessionId


@dataclass(slots=True)
class _Shard:
    lease: Lease
    events: list[RecordedEvent] = field(default_factory=list)
    parked: list[ParkedCommand] = field(default_factory=list)
    timers: dict[TimerKey, Timer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Session:
    opened: NewSession
    shard: int
    sequence: int


class MemoryEventStore:
    """EventStore that forgets everything when the process ends."""

    def __init__(self) -> None:
        self._shards: dict[int, _Shard] = {}
        self._homes: dict[AliasKey, tuple[ContactId, int]] = {}
        self._sessions: dict[UUID, _Session] = {}
        self._snapshots: dict[ContactId, Snapshot] = {}
        self._spilled: dict[CommandId, datetime] = {}
        self._streams: dict[UUID, list[tuple[int, RecordedEvent]]] = {}
        self.redriven: dict[Place, int] = {}
        """How often a parked command was sent again."""
        self.dismissed: set[Place] = set()
        self.permits: dict[int, ParkingPermit] = {}

    async def provide(self, shards: int) -> int:
        """See EventStore."""
        if not self._shards:
            for shard in range(shards):
                self._shard(shard)
        return len(self._shards)

    async def take(self, shard: int, *, owner: str) -> Lease:  # noqa: ARG002 nobody asks who
        """See EventStore."""
        kept = self._shard(shard)
        looked_after = self.dismissed | self.redriven.keys()
        waiting = [one for one in kept.parked if Place(shard, one.offset) not in looked_after]
        kept.lease = replace(
            kept.lease,
            epoch=kept.lease.epoch + 1,
            parked_lately=len(waiting),
            permit=self.permits.get(shard),
        )
        return kept.lease

    async def epoch(self, shard: int) -> int:
        """See EventStore."""
        return self._shard(shard).lease.epoch

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        """See EventStore."""
        known = {name: self._homes[name][0] for name in names if name in self._homes}
        people = {
            contact: self._history(contact, sessions, form)
            for contact in {*known.values(), *contacts}
        }
        return Histories(known, {contact: past for contact, past in people.items() if past})

    async def keep_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """See EventStore."""
        for one in snapshots:
            before = self._snapshots.get(one.contact_id)
            if before is None or before.sequence < one.sequence or before.form != one.form:
                self._snapshots[one.contact_id] = one

    async def spilled(self, commands: Sequence[CommandId]) -> Collection[CommandId]:
        """See EventStore."""
        return {command for command in commands if command in self._spilled}

    async def forget_spilled(self, before: datetime) -> int:
        """See EventStore."""
        old = [command for command, at in self._spilled.items() if at < before]
        for command in old:
            del self._spilled[command]
        return len(old)

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        """See EventStore."""
        allowed = [append for append in appends if self._allows(append)]
        self._check(allowed)
        return {append.shard: self._write(append) for append in allowed}

    async def record_published(self, shard: int, *, epoch: int, sequence: int) -> None:
        """See EventStore."""
        kept = self._shard(shard)
        if kept.lease.epoch == epoch:
            reached = max(sequence, kept.lease.published_sequence)
            kept.lease = replace(kept.lease, published_sequence=reached)

    async def read(self, shard: int, *, after: int, limit: int) -> Sequence[RecordedEvent]:
        """See EventStore."""
        return self._shard(shard).events[after : after + limit]

    async def due_timers(
        self, shards: Collection[int], *, until: datetime, limit: int
    ) -> Mapping[int, Sequence[Timer]]:
        """See EventStore."""
        due = {shard: self._due(shard, until)[:limit] for shard in shards}
        return {shard: timers for shard, timers in due.items() if timers}

    async def next_offsets(self) -> Mapping[int, int]:
        """See EventStore."""
        return {shard: kept.lease.next_offset for shard, kept in self._shards.items()}

    def events(self) -> Sequence[StoredEvent]:
        """Give every event, shard by shard."""
        return [
            StoredEvent(number, fact.sequence, fact.event)
            for number, kept in sorted(self._shards.items())
            for fact in kept.events
        ]

    def homes(self) -> Mapping[AliasKey, tuple[ContactId, int]]:
        """Give to whom every name leads, and to which shard."""
        return dict(self._homes)

    def sessions(self) -> Mapping[UUID, SessionInUse]:
        """Give every session in use."""
        return {
            session: SessionInUse(
                one.opened.contact_id, one.shard, one.opened.opened_at, one.sequence
            )
            for session, one in self._sessions.items()
        }

    def next_offset(self, shard: int) -> int:
        """Give where the shard will be read on."""
        return self._shard(shard).lease.next_offset

    def published_sequence(self, shard: int) -> int:
        """Give how far the shard is noted to be published."""
        return self._shard(shard).lease.published_sequence

    def parked(self, shard: int) -> Sequence[ParkedCommand]:
        """Give what was parked of a shard."""
        return tuple(self._shard(shard).parked)

    def timers_by_shard(self) -> Mapping[int, Mapping[TimerKey, Timer]]:
        """Give all timers where they lie."""
        return {number: dict(kept.timers) for number, kept in self._shards.items()}

    def timers(self) -> Mapping[TimerKey, Timer]:
        """Give all timers, due or not."""
        return {key: timer for kept in self._shards.values() for key, timer in kept.timers.items()}

    def _due(self, shard: int, until: datetime) -> list[Timer]:
        due = [timer for timer in self._shard(shard).timers.values() if timer.due_at <= until]
        return sorted(due, key=lambda timer: (timer.due_at, timer.key.session_id))

    def all_parked(self) -> Sequence[tuple[Place, ParkedCommand]]:
        """Give everything that was parked, by shard and offset."""
        return [
            (Place(shard, command.offset), command)
            for shard, kept in sorted(self._shards.items())
            for command in kept.parked
        ]

    def _shard(self, number: int) -> _Shard:
        return self._shards.setdefault(number, _Shard(Lease(number, 0, 0, 0, 0)))

    def snapshots(self) -> Mapping[ContactId, Snapshot]:
        """Give the snapshots kept."""
        return dict(self._snapshots)

    def _history(
        self, contact: ContactId, sessions: Sequence[SessionId], form: str
    ) -> History | None:
        taken = self._snapshots.get(contact)
        taken = taken if taken and taken.form == form else None
        begun = taken.sequence if taken else 0
        own = {
            one.opened.session_id
            for one in self._sessions.values()
            if one.opened.contact_id == contact
            and (one.sequence > begun or one.opened.session_id in sessions)
        }
        versions = taken.versions if taken else {}
        facts = [
            fact
            for stream in {contact, *own, *versions}
            for fact in self._streams.get(stream, ())
            if fact[1].event.version > versions.get(stream, 0)
        ]
        facts.sort(key=lambda fact: fact[1].sequence)
        if not facts and taken is None:
            return None
        shard = taken.shard if taken else facts[0][0]
        return History(shard, [PastEvent.of(*fact) for _, fact in facts], taken)

    def _allows(self, append: Append) -> bool:
        lease = self._shard(append.shard).lease
        return (lease.epoch, lease.next_offset) == (append.epoch, append.offset)

    def _check(self, appends: Sequence[Append]) -> None:
        versions = {stream: len(facts) for stream, facts in self._streams.items()}
        for event in (event for append in appends for event in append.events):
            if event.version != versions.get(event.stream_id, 0) + 1:
                raise StoreConflict("event_pkey")
            versions[event.stream_id] = event.version
        named = [alias.key for append in appends for alias in append.aliases]
        if len(set(named)) < len(named) or not self._homes.keys().isdisjoint(named):
            raise StoreConflict("alias_pkey")
        for alias in (alias for append in appends for alias in append.moved):
            if alias.key not in self._homes or self._homes[alias.key][0] != alias.before:
                raise StoreConflict("alias_moved")

    def _write(self, append: Append) -> int:
        kept = self._shard(append.shard)
        before = kept.lease.last_sequence
        for sequence, event in enumerate(append.events, start=before + 1):
            fact = RecordedEvent(sequence, event)
            kept.events.append(fact)
            self._streams.setdefault(event.stream_id, []).append((append.shard, fact))
        for freed in append.freed:
            if freed.key in self._homes and self._homes[freed.key][0] == freed.contact_id:
                del self._homes[freed.key]
        for alias in append.aliases:
            self._homes[alias.key] = (alias.contact_id, append.shard)
        for session in append.sessions:
            self._sessions[session.session_id] = _Session(
                session, append.shard, before + session.number
            )
        self._spilled.update({one.command_id: one.seen_at for one in append.spilled})
        for moved in append.moved:
            self._homes[moved.key] = (moved.contact_id, moved.shard)
        kept.parked.extend(append.parked)
        kept.timers.update({timer.key: timer for timer in append.timers})
        for key in append.cleared:
            kept.timers.pop(key, None)
        kept.lease = replace(
            kept.lease,
            next_offset=append.next_offset,
            last_sequence=before + len(append.events),
            published_sequence=max(append.published_sequence, kept.lease.published_sequence),
        )
        return before
