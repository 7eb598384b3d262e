"""Recalls the people whom a batch concerns: from memory, and all others in one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from domain.codec import UndecodableMessage
from domain.ports.event_store import AliasKey, EventStore, Histories, ParkedCommand
from domain.session import Aliases
from domain.values import ContactId, SessionId
from session_core.use_cases.acquaintance import missing
from session_core.use_cases.holding import Holding
from session_core.use_cases.knowledge import AtHome, Knowledge
from session_core.use_cases.parsing import Request
from session_core.use_cases.recalling import recall
from session_core.use_cases.snapshots import FORM, UnreadableSnapshot

MOST_ASKED = 1000
"""Names, and contacts, asked for at once: a statement may take seconds where none is cached."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Whom memory does not know well enough, in the order of the batch."""

    names: dict[AliasKey, None] = field(default_factory=dict)
    contacts: dict[ContactId, None] = field(default_factory=dict)
    sessions: dict[SessionId, None] = field(default_factory=dict)
    """All that the batch names: a person who is loaded must come with each of theirs."""


class Recollection:
    """Knows people by memory of their shard, else by the store."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    async def know(
        self, parts: Iterable[tuple[Holding, Sequence[Request | ParkedCommand]]]
    ) -> Knowledge:
        """Return all that deciding these commands needs; StoreFailure if it cannot be read."""
        knowledge, unknown = Knowledge(), _Unknown()
        requests: list[Request] = []
        for holding, commands in parts:
            for request in commands:
                if isinstance(request, Request):
                    requests.append(request)
                    _look_up(holding, request, knowledge, unknown)
        if unknown.names or unknown.contacts:
            await self._load(unknown, knowledge)
        while any(more := missing(requests, knowledge)):
            names, contacts = more
            await self._load(_Unknown(dict.fromkeys(names), dict.fromkeys(contacts)), knowledge)
        await self._look_for_spilled(requests, knowledge)
        return knowledge

    async def _load(self, unknown: _Unknown, knowledge: Knowledge) -> None:
        sessions = list(unknown.sessions)
        names, contacts = list(unknown.names), list(unknown.contacts)
        for begin in range(0, max(len(names), len(contacts)), MOST_ASKED):
            portion = slice(begin, begin + MOST_ASKED)
            await self._load_portion(names[portion], contacts[portion], sessions, knowledge)

    async def _load_portion(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId],
        knowledge: Knowledge,
    ) -> None:
        histories = await self._store.load(names, contacts, sessions, form=FORM)
        knowledge.asked.update(names, contacts)
        knowledge.names.update(histories.names)
        damaged = _recall_all(histories, sessions, knowledge)
        if damaged:
            _log.warning("snapshots cannot be read", people=len(damaged))
            _recall_all(await self._store.load([], damaged, sessions), sessions, knowledge)

    async def _look_for_spilled(self, requests: Iterable[Request], knowledge: Knowledge) -> None:
        """Ask the store about repeats that the state of a person may have let go."""
        if all(one.known.person.seen.let_go_until is None for one in knowledge.people.values()):
            return
        doubtful = [
            request.occasion.command_id
            for request in requests
            if _may_be_forgotten(request, knowledge)
        ]
        if doubtful:
            knowledge.spilled.update(await self._store.spilled(doubtful))


def _look_up(holding: Holding, request: Request, knowledge: Knowledge, unknown: _Unknown) -> None:
    session = request.session_id
    if session is not None:
        unknown.sessions[session] = None
    if not isinstance(request.addressee, Aliases):
        if not _recall(holding, request.addressee, knowledge, session):
            unknown.contacts[request.addressee] = None
        return
    for name in request.keys:
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


def _may_be_forgotten(request: Request, knowledge: Knowledge) -> bool:
    """Say whether the person sent so much that only the store knows if this is a repeat."""
    return any(
        contact in knowledge.people
        and knowledge.people[contact].known.person.seen.may_have_spilled(request.occasion.at)
        for contact in _concerned(request, knowledge)
    )


def _concerned(request: Request, knowledge: Knowledge) -> list[ContactId]:
    if not isinstance(request.addressee, Aliases):
        return [request.addressee]
    owners = [knowledge.names[key] for key in request.keys if key in knowledge.names]
    if any(
        one in knowledge.people and knowledge.people[one].known.person.contact.merged_into
        for one in owners
    ):
        return knowledge.family(owners)
    return owners
