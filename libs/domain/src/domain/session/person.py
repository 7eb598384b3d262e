"""Everything that a decision about one person needs: the contact and their sessions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from types import MappingProxyType
from typing import assert_never
from uuid import UUID

from domain import events
from domain.session import contact as contacts
from domain.session import state
from domain.session.contact import Contact
from domain.session.state import InteractiveSession
from domain.values import DUPLICATE_WINDOW, SERVICE_WINDOW, CommandId, ContactId, SessionId


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which command led to an event, and when: the only clock and source of ids there is."""

    command_id: CommandId
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """The contact, their recent sessions, and the commands that already had their effect."""

    contact: Contact = field(default_factory=Contact)
    sessions: Mapping[SessionId, InteractiveSession] = field(
        default_factory=lambda: MappingProxyType({})
    )
    seen: Mapping[CommandId, datetime] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def contact_id(self) -> ContactId | None:
        """The person's id, or none for somebody who never wrote."""
        return self.contact.contact_id

    @property
    def open_session(self) -> InteractiveSession | None:
        """The session to which the person's next message belongs."""
        return next((session for session in self.sessions.values() if session.open), None)


NOBODY = Person()
"""Somebody of whom nothing is known yet."""


def stream_of(event: events.Event) -> UUID:
    """Return the stream that the event belongs to: the session's, else the contact's."""
    match event:
        case (
            events.ContactIdentified()
            | events.ContactMerged()
            | events.ContactOptedOut()
            | events.ContactOptedIn()
            | events.ContactErased()
        ):
            return event.contact_id
        case events.CrmNotified() | events.CrmRejected() | events.MessageReceived():
            return event.session_id or event.contact_id
        case _:
            return event.session_id


def evolve(person: Person, event: events.Event, occasion: Occasion) -> Person:
    """Remember one fact, and the command that led to it."""
    known = _remember(person, occasion)
    match event:
        case (
            events.ContactIdentified()
            | events.ContactMerged()
            | events.ContactOptedOut()
            | events.ContactOptedIn()
            | events.ContactErased()
        ):
            return replace(known, contact=contacts.evolve(known.contact, event))
        case events.CrmNotified() | events.CrmRejected():
            return known
        case events.SessionInitiated():
            return _with(known, state.begin(event))
        case events.MessageReceived():
            return _in_session(_in_window(known, event), event)
        case (
            events.SessionHandedOff()
            | events.SessionReleased()
            | events.SessionCompleted()
            | events.SessionExpired()
            | events.SessionCancelled()
            | events.AnswerRecorded()
            | events.AnswerRejected()
            | events.FileUploaded()
            | events.FileStored()
            | events.FileRejected()
            | events.ReplyRequested()
            | events.ReplySent()
            | events.ReplyDelivered()
            | events.ReplyRead()
            | events.ReplyFailed()
        ):
            return _in_session(known, event)
        case _:
            assert_never(event)


def fold(history: Iterable[tuple[events.Event, Occasion]]) -> Person:
    """Return what is known after all of this happened, in this order within each stream."""
    return reduce(lambda person, fact: evolve(person, *fact), history, NOBODY)


def _remember(person: Person, occasion: Occasion) -> Person:
    if occasion.command_id in person.seen:
        return person
    oldest = occasion.at - DUPLICATE_WINDOW
    seen = {command: at for command, at in person.seen.items() if at >= oldest}
    return replace(person, seen={**seen, occasion.command_id: occasion.at})


def _in_session(person: Person, event: events.SessionEvent) -> Person:
    session = person.sessions.get(event.session_id) if event.session_id else None
    return _with(person, state.evolve(session, event)) if session else person


def _in_window(person: Person, event: events.MessageReceived) -> Person:
    closes = event.received_at + SERVICE_WINDOW
    before = person.contact.window_expires_at
    if before and before >= closes:
        return person
    return replace(person, contact=replace(person.contact, window_expires_at=closes))


def _with(person: Person, session: InteractiveSession) -> Person:
    return replace(person, sessions={**person.sessions, session.session_id: session})
