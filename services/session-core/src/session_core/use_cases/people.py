"""The people of a shard as they are now, kept in memory so that a command need not be replayed."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from domain.codec import decode_event
from domain.ports.event_store import AliasKey, PastEvent
from domain.session import NOBODY, Occasion, Person, evolve
from domain.values import ContactId, SessionId


class Known(NamedTuple):
    """A person, and how far each stream has come that they are made of."""

    person: Person
    versions: Mapping[UUID, int]
    since_snapshot: int = 0
    """Events that would have to be replayed to know the person again."""


STRANGER = Known(NOBODY, {})
"""Somebody of whom nothing is known yet."""


def after(known: Known, events: Iterable[PastEvent]) -> Known:
    """Return the person after these events, in the order of their shard."""
    person, versions, count = known.person, dict(known.versions), known.since_snapshot
    occasion: Occasion | None = None
    for _, stream, version, kind, data, command, at in events:
        if occasion is None or occasion.command_id != command:
            occasion = Occasion(command, at)
        person = evolve(person, decode_event(kind, data), occasion)
        versions[stream] = version
        count += 1
    return Known(person, of_kept_sessions(person, versions), count)


def with_old_session(known: Known, session: SessionId, events: Iterable[PastEvent]) -> Known:
    """Return the person with one session more that they had long ago, told by its own events."""
    old = after(STRANGER, events)
    if session not in old.person.sessions:
        return known
    sessions = {session: old.person.sessions[session], **known.person.sessions}
    versions = {**known.versions, session: old.versions[session]}
    person = known.person._replace(sessions=sessions)
    return known._replace(person=person, versions=versions)


def of_kept_sessions(person: Person, versions: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """Forget the streams of sessions that are forgotten themselves."""
    if len(versions) <= len(person.sessions) + 1:
        return versions
    kept = {person.contact_id, *person.sessions}
    return {stream: version for stream, version in versions.items() if stream in kept}


class People:
    """The most recently seen people of one shard, by id and by names that are certainly theirs."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[ContactId, Known] = OrderedDict()
        self._names: dict[AliasKey, ContactId] = {}
        self._names_of: dict[ContactId, set[AliasKey]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, contact: ContactId) -> Known | None:
        """Give the person if they are remembered."""
        known = self._known.get(contact)
        if known is not None:
            self._known.move_to_end(contact)
        return known

    def everybody(self) -> Mapping[ContactId, Known]:
        """Give all who are remembered, to be compared with what the store says."""
        return dict(self._known)

    def named(self, name: AliasKey) -> ContactId | None:
        """Say whose name it is, if that is remembered."""
        return self._names.get(name)

    def remember(self, contact: ContactId, known: Known) -> None:
        """Keep the person as they are now; who was not seen for longest is forgotten.

        The names of one who was merged may pass on at any time, so they are not kept.
        """
        if known.person.contact.merged_into is not None:
            self._forget_names(contact)
        self._known[contact] = known
        self._known.move_to_end(contact)
        while len(self._known) > self._most:
            self.forget(next(iter(self._known)))

    def learn(self, name: AliasKey, contact: ContactId) -> None:
        """Keep whose name it is for as long as the person is remembered."""
        if self._names.get(name) == contact:
            return
        known = self._known.get(contact)
        if known is not None and known.person.contact.merged_into is None:
            self._names[name] = contact
            self._names_of.setdefault(contact, set()).add(name)

    def unlearn(self, name: AliasKey) -> None:
        """Drop a name that may have become somebody else's."""
        contact = self._names.pop(name, None)
        if contact is not None:
            self._names_of[contact].discard(name)

    def forget(self, contact: ContactId) -> None:
        """Drop the person and their names."""
        self._known.pop(contact, None)
        self._forget_names(contact)

    def _forget_names(self, contact: ContactId) -> None:
        for name in self._names_of.pop(contact, ()):
            self._names.pop(name, None)

    def clear(self) -> None:
        """Drop everybody."""
        self._known.clear()
        self._names.clear()
        self._names_of.clear()
