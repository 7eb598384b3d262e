"""Settles batches: know the people, decide, append once, and hand the events to be published."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from domain.codec import UndecodableMessage
from domain.ports.command_source import Delivery, Dispatch, SourceUnavailable
from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    EventStore,
    Histories,
    NewEvent,
    ParkedCommand,
    RecordedEvent,
    Snapshot,
    StoreConflict,
    StoreFailure,
    StoreRefused,
    StoreUnavailable,
)
from domain.session import Aliases
from domain.values import ContactId, SessionId
from session_core.use_cases import metrics
from session_core.use_cases.batch import (
    AtHome,
    Draft,
    Knowledge,
    draft,
    may_be_forgotten,
    names_of,
)
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.holding import Holding
from session_core.use_cases.parsing import Request, parked, parse
from session_core.use_cases.patience import Patience
from session_core.use_cases.recalling import recall
from session_core.use_cases.shards import Shards
from session_core.use_cases.snapshots import FORM, LONG_HISTORY, Album, UnreadableSnapshot, take

MOST_CONFLICTS = 3

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One shard's part of a batch, in offset order."""

    holding: Holding
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class _Read:
    """A part whose bytes were read."""

    holding: Holding
    requests: Sequence[Request | ParkedCommand]
    deliveries: Sequence[Delivery]

    @property
    def next_offset(self) -> int:
        return self.deliveries[-1].offset + 1


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Whom memory does not know well enough, in the order of the batch."""

    names: dict[AliasKey, None] = field(default_factory=dict)
    contacts: dict[ContactId, None] = field(default_factory=dict)
    sessions: dict[SessionId, None] = field(default_factory=dict)
    """All that the batch names: a person who is loaded must come with each of theirs."""


@dataclass(slots=True)
class _Effort:
    """What was done for a batch so far, however often it is tried."""

    forwarded: set[tuple[int, int, int]] = field(default_factory=set)
    """Shard and offset of a command, and the home that it was brought to."""
    parked: set[tuple[int, int]] = field(default_factory=set)


class Settling:
    """Brings every command of a batch to its effect, its home or its place among the parked."""

    def __init__(
        self,
        store: EventStore,
        shards: Shards,
        dispatch: Dispatch,
        flows: FlowShelf,
        album: Album,
    ) -> None:
        self._store = store
        self._album = album
        self._shards = shards
        self._dispatch = dispatch
        self._flows = flows
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """Give None while batches come through, else what they wait for."""
        return self._trouble

    async def settle(self, parts: Sequence[Part]) -> None:
        """Return when every command had its effect or its shard is not ours any more.

        Trouble outside is waited for. What can never be stored is found by halving, and parked.
        """
        await self._settle(parts, (), _Effort())

    async def _settle(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        patience, conflicts = Patience(first=0.05, most=3.0), 0
        while remaining := self._remaining(parts):
            try:
                await self._attempt(remaining, condemned, effort)
                self._trouble = None
            except StoreConflict:
                metrics.CONFLICTS.inc()
                conflicts += 1
                _forget(remaining)
                if conflicts == MOST_CONFLICTS:
                    await self._isolate(remaining, condemned, effort)
            except StoreRefused:
                await self._isolate(remaining, condemned, effort)
            except AppendUnanswered as failure:
                self._lose(remaining, failure)
            except (StoreUnavailable, SourceUnavailable) as failure:
                self._trouble = f"{type(failure).__name__}: {failure}"
                await patience.wait()

    def _remaining(self, parts: Iterable[Part]) -> list[Part]:
        """Leave out what had its effect, and shards that are not held under that epoch any more."""
        left = []
        for part in parts:
            if self._shards.is_current(part.holding):
                due = [one for one in part.deliveries if one.offset >= part.holding.next_offset]
                if due:
                    left.append(Part(part.holding, due))
        return left

    async def _isolate(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        """Settle each half by itself; a command that is left alone is the culprit."""
        if sum(len(part.deliveries) for part in parts) > 1:
            first, second = _halves(parts)
            await self._settle(first, condemned, effort)
            await self._settle(second, condemned, effort)
        elif parts[0].deliveries[0] in condemned:
            self._shards.halt(parts[0].holding, "a command can neither be stored nor parked")
        else:
            await self._settle(parts, parts[0].deliveries, effort)

    async def _attempt(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        with metrics.DECIDE_SECONDS.time():
            read = [_read(part, condemned) for part in parts]
            knowledge = await self._know(read)
            certain = dict(knowledge.names)
            drafts = [
                (part, draft(part.holding.shard, part.requests, knowledge, self._flows.book))
                for part in read
            ]
        drafts = [(part, drafted) for part, drafted in drafts if self._may_park(part, drafted)]
        if not drafts:
            return
        await self._send_away(drafts, effort)
        with metrics.APPEND_SECONDS.time():
            bases = await self._store.append([_append(part, drafted) for part, drafted in drafts])
        for part, drafted in drafts:
            base = bases.get(part.holding.shard)
            if base is None:
                part.holding.people.clear()
                self._shards.lose(part.holding, "its epoch or offset moved on", fenced=True)
            else:
                _keep(part, drafted, base, certain, self._album)

    async def _know(self, parts: Sequence[_Read]) -> Knowledge:
        """Recall people from memory, and all others in one query."""
        knowledge = Knowledge()
        unknown = _Unknown()
        for part in parts:
            for request in part.requests:
                if isinstance(request, Request):
                    _look_up(part.holding, request, knowledge, unknown)
        if unknown.names or unknown.contacts:
            await self._load(unknown, knowledge)
        await self._look_for_spilled(parts, knowledge)
        return knowledge

    async def _load(self, unknown: "_Unknown", knowledge: Knowledge) -> None:
        sessions = list(unknown.sessions)
        histories = await self._store.load(
            list(unknown.names), list(unknown.contacts), sessions, form=FORM
        )
        knowledge.names.update(histories.names)
        damaged = _recall_all(histories, sessions, knowledge)
        if damaged:
            _log.warning("snapshots cannot be read", people=len(damaged))
            _recall_all(await self._store.load([], damaged, sessions), sessions, knowledge)

    async def _look_for_spilled(self, parts: Sequence[_Read], knowledge: Knowledge) -> None:
        """Ask the store about repeats that the state of a person may have let go."""
        doubtful = [
            request.occasion.command_id
            for part in parts
            for request in part.requests
            if isinstance(request, Request) and may_be_forgotten(request, knowledge)
        ]
        if doubtful:
            knowledge.spilled.update(await self._store.spilled(doubtful))

    def _may_park(self, part: _Read, drafted: Draft) -> bool:
        if not drafted.parked or part.holding.parking.allows(len(drafted.parked)):
            return True
        self._shards.halt(
            part.holding, f"too many commands cannot be handled: {drafted.parked[-1].reason}"
        )
        return False

    async def _send_away(self, drafts: Sequence[tuple[_Read, Draft]], effort: _Effort) -> None:
        """Bring what belongs elsewhere there, before our offset moves past it."""
        away = {
            (one.shard, one.offset, home): (home, one)
            for _, drafted in drafts
            for home, one in drafted.forwarded
        }
        forwarded = [one for key, one in away.items() if key not in effort.forwarded]
        if forwarded:
            await self._dispatch.forward(forwarded)
            effort.forwarded.update(away)
            metrics.FORWARDED.inc(len(forwarded))
        set_aside = {
            (part.holding.shard, command.offset): command
            for part, drafted in drafts
            for command in drafted.parked
            if (part.holding.shard, command.offset) not in effort.parked
        }
        if set_aside:
            await self._dispatch.park(
                [(_delivery(shard, one), one.reason) for (shard, _), one in set_aside.items()]
            )
            effort.parked.update(set_aside)

    def _lose(self, parts: Sequence[Part], failure: StoreFailure) -> None:
        for part in parts:
            part.holding.people.clear()
            self._shards.lose(part.holding, f"an append was not answered: {failure}")


def _read(part: Part, condemned: Collection[Delivery]) -> _Read:
    requests = [
        parked(delivery, "cannot be stored") if delivery in condemned else parse(delivery)
        for delivery in part.deliveries
    ]
    return _Read(part.holding, requests, part.deliveries)


def _look_up(
    holding: Holding,
    request: Request,
    knowledge: Knowledge,
    unknown: _Unknown,
) -> None:
    session = request.session_id
    if session is not None:
        unknown.sessions[session] = None
    if not isinstance(request.addressee, Aliases):
        if not _recall(holding, request.addressee, knowledge, session):
            unknown.contacts[request.addressee] = None
        return
    for name in names_of(request.addressee):
        contact = holding.people.named(name)
        if contact is not None and _recall(holding, contact, knowledge):
            knowledge.names[name] = contact
        else:
            unknown.names[name] = None


def _recall(
    holding: Holding, contact: ContactId, knowledge: Knowledge, session: SessionId | None = None
) -> bool:
    """Say whether memory knows the person, with the session if it is about one."""
    if contact not in knowledge.people:
        known = holding.people.get(contact)
        if known is None:
            return False
        knowledge.people[contact] = AtHome(holding.shard, known)
    return session is None or session in knowledge.people[contact].known.person.sessions


def _recall_all(
    histories: Histories, sessions: Sequence[SessionId], knowledge: Knowledge
) -> list[ContactId]:
    """Recall everybody; give those whose snapshot cannot be read."""
    damaged, named = [], frozenset(sessions)
    for contact, history in histories.people.items():
        try:
            knowledge.people[contact] = AtHome(history.shard, recall(history, named))
        except UnreadableSnapshot:
            damaged.append(contact)
        except UndecodableMessage as error:
            knowledge.unreadable[contact] = str(error)
    return damaged


def _append(part: _Read, drafted: Draft) -> Append:
    return Append(
        shard=part.holding.shard,
        epoch=part.holding.lease.epoch,
        offset=part.holding.next_offset,
        next_offset=part.next_offset,
        published_sequence=part.holding.relay.published,
        events=drafted.events,
        aliases=drafted.aliases,
        sessions=drafted.sessions,
        parked=drafted.parked,
        spilled=drafted.spilled,
        timers=[timer for timer in drafted.timers.values() if timer is not None],
        cleared=[key for key, timer in drafted.timers.items() if timer is None],
    )


def _keep(
    part: _Read, drafted: Draft, base: int, certain: dict[AliasKey, ContactId], album: Album
) -> None:
    """Believe what was drafted, now that it is stored."""
    holding = part.holding
    holding.next_offset = part.next_offset
    holding.last_sequence = base + len(drafted.events)
    holding.parking.note(len(drafted.parked))
    for contact, known in drafted.met.items():
        holding.people.remember(contact, known)
    album.add(_snapshots(holding, drafted))
    for name, contact in certain.items():
        holding.people.learn(name, contact)
    for alias in drafted.aliases:
        holding.people.learn(alias.key, alias.contact_id)
    if drafted.events:
        holding.relay.offer(_numbered(drafted.events, base))
    metrics.COMMANDS.inc(len(part.deliveries))
    metrics.EVENTS.inc(len(drafted.events))
    metrics.PARKED.inc(len(drafted.parked))
    for command in drafted.parked:
        _log.error(
            "command parked", shard=holding.shard, offset=command.offset, reason=command.reason
        )


def _snapshots(holding: Holding, drafted: Draft) -> list[Snapshot]:
    """Take a snapshot of everybody whose history has become long; it begins anew with that."""
    taken = []
    for contact, known in drafted.met.items():
        if known.since_snapshot > LONG_HISTORY:
            shard, sequence = holding.shard, holding.last_sequence
            taken.append(take(contact, known, shard=shard, sequence=sequence))
            holding.people.remember(contact, replace(known, since_snapshot=0))
    return taken


def _numbered(events: Sequence[NewEvent], base: int) -> list[RecordedEvent]:
    return [RecordedEvent(number, event) for number, event in enumerate(events, start=base + 1)]


def _forget(parts: Iterable[Part]) -> None:
    for part in parts:
        part.holding.people.clear()


def _halves(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Cut a batch in two, each shard's commands still in order."""
    middle = sum(len(part.deliveries) for part in parts) // 2
    first: list[Part] = []
    second: list[Part] = []
    for part in parts:
        here, there = part.deliveries[:middle], part.deliveries[middle:]
        middle -= len(here)
        first.extend([Part(part.holding, here)] if here else [])
        second.extend([Part(part.holding, there)] if there else [])
    return first, second


def _delivery(shard: int, command: ParkedCommand) -> Delivery:
    return Delivery(shard, command.offset, command.key, command.value, command.headers)
