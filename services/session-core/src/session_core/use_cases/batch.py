"""Decides a batch of commands in memory: in offset order, each seeing what came of the last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain import codec
from domain.commands import FireTimer
from domain.events import Event, SessionInitiated
from domain.ports.command_source import Delivery
from domain.ports.event_store import (
    AliasKey,
    NewAlias,
    NewEvent,
    NewSession,
    Origin,
    ParkedCommand,
    SpilledCommand,
    Timer,
    TimerKey,
)
from domain.session import (
    Aliases,
    FlowBook,
    decide,
    evolve,
    new_aliases,
    spilled_from,
    stream_of,
)
from domain.values import CommandId, ContactId, event_id
from session_core.use_cases.parsing import Request, parked
from session_core.use_cases.people import Known, of_kept_sessions
from session_core.use_cases.timekeeping import changed_timers

_STRANGER = Known()


@dataclass(frozen=True, slots=True)
class AtHome:
    """A person, and the shard where everything of them is kept."""

    shard: int
    known: Known


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of the people whom a batch concerns. Moves on while the batch is decided."""

    names: dict[AliasKey, ContactId] = field(default_factory=dict)
    people: dict[ContactId, AtHome] = field(default_factory=dict)
    unreadable: dict[ContactId, str] = field(default_factory=dict)
    """Whose history cannot be replayed, and why."""
    spilled: set[CommandId] = field(default_factory=set)
    """Commands of the batch that had their effect although no state remembers it."""


@dataclass(slots=True)
class Draft:
    """What a shard's part of a batch leads to, before any of it is true."""

    events: list[NewEvent] = field(default_factory=list)
    aliases: list[NewAlias] = field(default_factory=list)
    sessions: list[NewSession] = field(default_factory=list)
    parked: list[ParkedCommand] = field(default_factory=list)
    spilled: list[SpilledCommand] = field(default_factory=list)
    timers: dict[TimerKey, Timer | None] = field(default_factory=dict)
    """To be set, or with None to be cleared; the last word on each counts."""
    forwarded: list[tuple[int, Delivery]] = field(default_factory=list)
    met: dict[ContactId, Known] = field(default_factory=dict)
    """Everybody of this shard whom the batch concerned, as they are after it."""


class UnreadableHistory(Exception):
    """What is stored of a person cannot be replayed by this version."""


def names_of(aliases: Aliases) -> list[AliasKey]:
    """Give the keys under which a person is looked up, the most reliable first."""
    return [AliasKey(aliases.phone_number_id, name) for name in aliases.names]


def may_be_forgotten(request: Request, knowledge: Knowledge) -> bool:
    """Say whether the person sent so much that only the store knows if this is a repeat."""
    found = _person_of(request.addressee, knowledge)
    seen = found.known.person.seen if found else None
    return seen is not None and seen.may_have_spilled(request.occasion.at)


def _person_of(addressee: ContactId | Aliases, knowledge: Knowledge) -> AtHome | None:
    contact = _contact_of(addressee, knowledge)
    return knowledge.people.get(contact) if contact is not None else None


def _contact_of(addressee: ContactId | Aliases, knowledge: Knowledge) -> ContactId | None:
    if not isinstance(addressee, Aliases):
        return addressee
    known = (knowledge.names.get(name) for name in names_of(addressee))
    return next((contact for contact in known if contact is not None), None)


def draft(
    shard: int, requests: Iterable[Request | ParkedCommand], knowledge: Knowledge, flows: FlowBook
) -> Draft:
    """Decide one shard's part of a batch; `knowledge` moves on with it."""
    sitting = _Sitting(shard, knowledge, flows)
    for request in requests:
        if isinstance(request, ParkedCommand):
            sitting.drafted.parked.append(request)
            continue
        try:
            sitting.decide(request)
        except Exception as error:  # noqa: BLE001 whatever one command does, the others go on
            sitting.drafted.parked.append(parked(request.delivery, _reason(error)))
    return sitting.drafted


def _reason(error: Exception) -> str:
    if isinstance(error, UnreadableHistory):
        return f"unreadable history: {error}"
    return f"bug: {type(error).__name__}"


@dataclass(frozen=True, slots=True)
class _Sitting:
    shard: int
    knowledge: Knowledge
    flows: FlowBook
    drafted: Draft = field(default_factory=Draft)

    def decide(self, request: Request) -> None:
        contact = _contact_of(request.addressee, self.knowledge)
        if contact is not None and contact in self.knowledge.unreadable:
            raise UnreadableHistory(self.knowledge.unreadable[contact])
        found = self.knowledge.people.get(contact) if contact is not None else None
        if found is not None and found.shard != self.shard:
            self.drafted.forwarded.append((found.shard, request.delivery))
            return
        if request.occasion.command_id in self.knowledge.spilled:
            return
        known = found.known if found is not None else _STRANGER
        decided = decide(known.person, request.command, request.occasion, self.flows)
        if decided:
            known = self._record(request, known, decided)
            contact = decided[0].contact_id
        elif isinstance(request.command, FireTimer):
            self._note_timers(request, known, decided, known)
        if contact is not None and known is not _STRANGER:
            self.drafted.met[contact] = known

    def _record(self, request: Request, known: Known, decided: list[Event]) -> Known:
        """Write down what was decided, all or nothing: what can fail comes first."""
        contact = decided[0].contact_id
        encoded, after = _encode(request, known, decided, contact)
        self._note_timers(request, known, decided, after)
        for number, event in enumerate(decided, start=len(self.drafted.events) + 1):
            if isinstance(event, SessionInitiated):
                opened = NewSession(event.session_id, contact, request.occasion.at, number)
                self.drafted.sessions.append(opened)
        self.drafted.events.extend(encoded)
        self.drafted.spilled.extend(_spilled(request, known, after))
        for name in _claimed(request.addressee, decided, self.knowledge.names):
            self.drafted.aliases.append(NewAlias(name, contact))
            self.knowledge.names[name] = contact
        self.knowledge.people[contact] = AtHome(self.shard, after)
        return after

    def _note_timers(
        self, request: Request, before: Known, decided: list[Event], after: Known
    ) -> None:
        self.drafted.timers.update(
            changed_timers(request.command, decided, before.person, after.person, self.flows)
        )


def _encode(
    request: Request, known: Known, decided: list[Event], contact: ContactId
) -> tuple[list[NewEvent], Known]:
    occasion = request.occasion
    origin = Origin(
        occasion.command_id, occasion.at, contact, request.correlation_id, request.traceparent
    )
    person, versions = known.person, dict(known.versions)
    encoded = []
    for number, event in enumerate(decided, start=1):
        stream = stream_of(event)
        versions[stream] = version = versions.get(stream, 0) + 1
        person = evolve(person, event, occasion)
        identity = event_id(occasion.command_id, number)
        data = codec.encode(event)
        encoded.append(NewEvent(stream, version, identity, event.TYPE, data, origin))
    after = Known(person, of_kept_sessions(person, versions), known.since_snapshot + len(encoded))
    return encoded, after


def _spilled(request: Request, before: Known, after: Known) -> list[SpilledCommand]:
    gone = spilled_from(before.person.seen, after.person.seen, added=[request.occasion.command_id])
    return [SpilledCommand(command, request.occasion.at) for command in gone]


def _claimed(
    addressee: ContactId | Aliases, decided: list[Event], taken: Mapping[AliasKey, ContactId]
) -> list[AliasKey]:
    """Give the names that nobody had so far; one that somebody has stays with them.

    Whoever decides a command takes every name that it came under and that was free. So its most
    reliable name is theirs from then on, and every repeat of the command leads to them: of two
    contacts that decide it at once, one loses a name, and with it the append.
    """
    named = [addressee] if isinstance(addressee, Aliases) else []
    named.extend(aliases for event in decided if (aliases := new_aliases(event)) is not None)
    every = dict.fromkeys(name for aliases in named for name in names_of(aliases))
    return [name for name in every if name not in taken]
