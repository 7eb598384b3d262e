"""Decides a batch of commands in memory: in offset order, each seeing what came of the last."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain import commands
from domain.events import (
    ContactMerged,
    ContactNameReleased,
    Event,
    SessionInitiated,
)
from domain.ports.command_source import Delivery
from domain.ports.event_store import (
    AliasKey,
    NewEvent,
    NewSession,
    ParkedCommand,
    SpilledCommand,
    Timer,
    TimerKey,
)
from domain.session import (
    Aliases,
    FlowBook,
    InvalidFlow,
    Meant,
    Occasion,
    Same,
    UnknownFlow,
    decide,
    give_up,
    identified,
    new_aliases,
    released,
    still_to_join,
)
from domain.session.beginning import InvalidVariables
from domain.session.contact import Contact
from domain.values import ContactId, contact_id, release_id
from session_core.use_cases import followups
from session_core.use_cases.encoding import TooLarge, encode, spilled
from session_core.use_cases.knowledge import (
    AtHome,
    Knowledge,
    MergedInACircle,
    NotYet,
    UnreadableHistory,
)
from session_core.use_cases.naming import Names, free, is_stray, rename, without_claims
from session_core.use_cases.parsing import TOO_LARGE, Request, names_of, parked
from session_core.use_cases.people import STRANGER, Known
from session_core.use_cases.recognising import REPORTS, Repeated, learned, recognise
from session_core.use_cases.timekeeping import changed_timers

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAMES = re.compile(r"[a-z0-9_, -]{1,200}")
"""What names a flow and variables, and no value."""
_CLAIMING = (commands.ReceiveMessage, commands.RecordConsent, commands.HandOffSession)
"""Commands for which a name is taken from somebody who had it before."""
_new = tuple.__new__
_BUILDING_ON_OTHERS = frozenset({commands.MergeContact, commands.AbsorbContact})


class UnknownContact(Exception):
    """The command names a contact that does not exist."""


@dataclass(frozen=True, slots=True)
class Away:
    """A command for another shard, or for later on this one."""

    home: int
    delivery: Delivery
    mark: Hashable
    """The same for the same command to the same shard."""


@dataclass(slots=True)
class Draft:
    """What a shard's part of a batch leads to, before any of it is true."""

    events: list[NewEvent] = field(default_factory=list)
    names: Names = field(default_factory=Names)
    sessions: list[NewSession] = field(default_factory=list)
    parked: list[ParkedCommand] = field(default_factory=list)
    spilled: list[SpilledCommand] = field(default_factory=list)
    timers: dict[TimerKey, Timer | None] = field(default_factory=dict)
    """To be set, or with None to be cleared; the last word on each counts."""
    forwarded: list[Away] = field(default_factory=list)
    met: dict[ContactId, Known] = field(default_factory=dict)
    """Everybody of this shard whom the batch concerned, as they are after it."""
    stopped_at: int | None = None
    """The offset from which on commands have to wait until this is stored."""


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
        except NotYet:
            sitting.drafted.stopped_at = request.delivery.offset
            break
        except Exception as error:  # noqa: BLE001 whatever one command does, the others go on
            sitting.drafted.parked.append(parked(request.delivery, _reason(error)))
    return sitting.drafted


def _reason(error: Exception) -> str:
    match error:
        case UnreadableHistory():
            return f"unreadable history: {error}"
        case MergedInACircle():
            return "merged in a circle"
        case TooLarge():
            return TOO_LARGE
        case UnknownContact():
            return f"unknown contact: {error}"
        case UnknownFlow():
            return f"unknown flow: {_shown(str(error))}"
        case InvalidFlow():
            return "the session is on a version of its flow that cannot be read any more"
        case InvalidVariables():
            told = str(error)
            return f"invalid variables: {told if _NAMES.fullmatch(told) else 'no names'}"
        case _:
            return f"bug: {type(error).__name__}"


def _shown(flow: str) -> str:
    """Give the name if it could be one: whatever else stands in its place may be personal."""
    return flow if _NAME.fullmatch(flow) else "not a name"


class _Prepared(NamedTuple):
    """What was decided for one person, ready to be written down: nothing can fail any more."""

    occasion: Occasion
    before: Known
    decided: Sequence[Event]
    encoded: Sequence[NewEvent]
    after: Known
    timers: Mapping[TimerKey, Timer | None]


@dataclass(frozen=True, slots=True)
class _Sitting:
    shard: int
    knowledge: Knowledge
    flows: FlowBook
    drafted: Draft = field(default_factory=Draft)

    def decide(self, request: Request) -> None:
        try:
            means = recognise(request, self.knowledge)
        except Repeated:
            self._free_what_was_left(request)
            return
        home = self._home(means)
        if home != self.shard:
            self._forward(home, request.delivery)
            return
        found = self.knowledge.of(means.who) if means.who is not None else None
        if found is not None and found.shard != self.shard:
            self._let_go(request, means)
            self._forward(found.shard, request.delivery)
            return
        if self.knowledge.spilled and request.occasion.command_id in self.knowledge.spilled:
            return
        known = found.known if found is not None else STRANGER
        if type(request.command) in _BUILDING_ON_OTHERS:
            self._check(request.command, known)
        decided = decide(known.person, request.command, request.occasion, self.flows)
        same = means.same
        if means.who is not None and type(request.command) in _CLAIMING:
            granted = [one.name for one in means.outdated]
            decided = without_claims(decided, means.who, granted, self.knowledge)
        if isinstance(request.command, commands.MergeContact):
            same = self._heirs(request.command, known.person.contact)
        if decided and type(request.command) in REPORTS:
            same = self._learn(request, known, decided)
        if decided and isinstance(decided[0], ContactNameReleased):
            self.knowledge.settled((decided[0].contact_id,))
        if type(request.command) in _CLAIMING:
            known = self._renounce(request, known, decided)
        prepared = self._prepare(request, request.occasion, known, decided)
        if means.outdated:
            self._let_go(request, means)
        if same:
            self._join(request, same)
        self._conclude(request, means.who, prepared)

    def _free_what_was_left(self, request: Request) -> None:
        """Free names that were left to people for the sake of a command that others had before."""
        for key in request.keys:
            owner = self.knowledge.names.get(key)
            found = self.knowledge.of(owner) if owner is not None else None
            if owner is None or found is None:
                continue
            contact = found.known.person.contact
            if is_stray(key, self.knowledge):
                free([key], owner, self.knowledge, self.drafted.names)
            elif found.shard == self.shard and key.name not in contact.names:
                self.knowledge.settled((owner,))
                self._give_up(request, owner, found.known, [released(contact, key.name)])

    def _home(self, means: Meant) -> int:
        """Say where the command has to be first: with whom its name must be taken from."""
        for outdated in means.outdated:
            found = self.knowledge.of(outdated.contact_id)
            if found is not None:
                return found.shard
        return self.shard

    def _check(self, command: commands.Command, known: Known) -> None:
        """Raise NotYet for what builds on changes of this batch, and for what leads nowhere."""
        if isinstance(command, commands.AbsorbContact):
            self.knowledge.settled((command.absorbed,))
            named = Aliases(command.phone_number_id, command.personal.names)
            if not self.knowledge.passing.isdisjoint(names_of(named)):
                raise NotYet
            return
        contact = known.person.contact
        if not isinstance(command, commands.MergeContact) or contact.merged_into is not None:
            return
        if contact.contact_id is not None:
            self.knowledge.settled((contact.contact_id,))
            if self.knowledge.of(command.into) is None:
                raise UnknownContact("the one to merge into")
            if command.into != contact.contact_id:
                self._check_circle(command.into, contact.contact_id)

    def _check_circle(self, into: ContactId, contact: ContactId) -> None:
        if contact in self.knowledge.line(into):
            raise MergedInACircle

    def _heirs(self, command: commands.MergeContact, contact: Contact) -> tuple[Same, ...]:
        """Give whom to join instead, where the contact was merged into somebody else before."""
        if contact.merged_into is None:
            return ()
        heirs = [self.knowledge.goes_on_as(one) for one in (contact.merged_into, command.into)]
        self.knowledge.settled(heirs)
        found = [
            at_home.known.person.contact for one in heirs if (at_home := self.knowledge.of(one))
        ]
        pair = still_to_join(*found) if len(found) == len(heirs) else None
        return () if pair is None else (pair,)

    def _learn(self, request: Request, known: Known, decided: list[Event]) -> tuple[Same, ...]:
        """Add the names that WhatsApp told of; give whom they prove to be the same person."""
        person = known.person
        if person.contact_id is None:
            return ()
        came_under = request.addressee  # what a status tells of is what it came under
        if isinstance(came_under, Aliases) and person.contact.names.issuperset(came_under.names):
            return ()
        names, same = learned(request.command, person, self.knowledge)
        self.knowledge.settled(one for pair in same for one in (pair.older, pair.younger))
        if names:
            number = person.contact.phone_number_id
            decided.append(identified(person.contact_id, number, names))
        return same

    def _renounce(self, request: Request, known: Known, decided: list[Event]) -> Known:
        """Free a number that was left to the person for this command, which came too late for it.

        What they wrote since, while it was on its way, came from another number already.
        Where it decides nothing, because they had it before, its own ids are taken.
        """
        contact = known.person.contact
        given_up = self._left_for_nothing(request, contact, decided)
        if not given_up or contact.contact_id is None:
            return known
        self.knowledge.settled((contact.contact_id,))
        if decided:
            decided.extend(given_up)
            return known
        return self._give_up(request, contact.contact_id, known, given_up)

    def _left_for_nothing(
        self, request: Request, contact: Contact, decided: Sequence[Event]
    ) -> list[Event]:
        names = [key for key in request.keys if key.name not in contact.names]
        if not names or contact.contact_id is None:
            return []
        claims = (new_aliases(event) for event in decided)
        claimed = {name for named in claims if named for name in named.names}
        return [
            released(contact, key.name)
            for key in names
            if key.name not in claimed and self.knowledge.names.get(key) == contact.contact_id
        ]

    def _give_up(
        self, request: Request, contact: ContactId, known: Known, events: Sequence[Event]
    ) -> Known:
        """Write down that a contact gives up names, apart from what the command itself decides."""
        occasion = request.occasion
        by = release_id(occasion.command_id, contact, known.versions[contact])
        prepared = self._prepare(request, Occasion(by, occasion.at), known, events)
        self._record(prepared)
        return prepared.after

    def _let_go(self, request: Request, means: Meant) -> None:
        """Take names from contacts of this shard; whoever writes under them now gets them."""
        heir = means.who or contact_id(request.occasion.command_id)
        for outdated in means.outdated:
            found = self.knowledge.of(outdated.contact_id)
            if found is not None:
                events = give_up(found.known.person, outdated.name, heir)
                self._give_up(request, outdated.contact_id, found.known, events)

    def _join(self, request: Request, same: Iterable[Same]) -> None:
        for pair in same:
            younger = self.knowledge.of(pair.younger)
            if younger is not None and younger.known.person.contact.merged_into is None:
                self._send(followups.merge(pair, request, younger.shard))

    def _conclude(self, request: Request, contact: ContactId | None, prepared: _Prepared) -> None:
        decided, known = prepared.decided, prepared.before
        if decided:
            if isinstance(decided[-1], ContactMerged):
                self._bequeath(request, known, decided[-1])
            self._record(prepared)
            self._clear(request.command, known)
            return
        self.drafted.timers.update(prepared.timers)
        if contact is not None and known is not STRANGER:
            self.drafted.met[contact] = known

    def _clear(self, command: commands.Command, known: Known) -> None:
        """Free the names of an absorbed contact that the person had given up before."""
        if isinstance(command, commands.AbsorbContact):
            old = known.person.contact.released.intersection(command.personal.names)
            keys = [AliasKey(command.phone_number_id, name) for name in sorted(old)]
            free(keys, command.absorbed, self.knowledge, self.drafted.names)

    def _bequeath(self, request: Request, known: Known, merged: ContactMerged) -> None:
        heir = self.knowledge.goes_on_as(merged.into)
        found = self.knowledge.of(heir)
        if found is not None:
            who = merged.contact_id
            self._send(followups.absorb(known.person, who, heir, request, found.shard))

    def _prepare(
        self, request: Request, occasion: Occasion, known: Known, decided: Sequence[Event]
    ) -> _Prepared:
        """Do all that can fail before anything is written down: a command has all its effect."""
        encoded, after = encode(request, occasion, known, decided) if decided else ([], known)
        timers = changed_timers(request.command, decided, known.person, after.person, self.flows)
        return _new(_Prepared, (occasion, known, decided, encoded, after, timers))

    def _record(self, prepared: _Prepared) -> None:
        occasion, decided, after = prepared.occasion, prepared.decided, prepared.after
        contact = decided[0].contact_id
        self.drafted.timers.update(prepared.timers)
        for number, event in enumerate(decided, start=len(self.drafted.events) + 1):
            if isinstance(event, SessionInitiated):
                opened = NewSession(event.session_id, contact, occasion.at, number)
                self.drafted.sessions.append(opened)
        self.drafted.events.extend(prepared.encoded)
        self.drafted.spilled.extend(spilled(occasion, prepared.before, after, decided))
        rename(decided, contact, self.shard, self.knowledge, self.drafted.names)
        self.knowledge.people[contact] = AtHome(self.shard, after)
        self.knowledge.changed.add(contact)
        self.drafted.met[contact] = after

    def _forward(self, home: int, delivery: Delivery) -> None:
        mark = (home, delivery.shard, delivery.offset)
        self.drafted.forwarded.append(Away(home, delivery, mark))

    def _send(self, command: Delivery) -> None:
        mark = (command.shard, command.value)
        self.drafted.forwarded.append(Away(command.shard, command, mark))
