"""Everything that a decision about one person needs: the contact and their sessions."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import NamedTuple, TypeAlias, assert_never
from uuid import UUID

from domain import events
from domain.session import contact as contacts
from domain.session import state
from domain.session.contact import Contact
from domain.session.seen import Seen
from domain.session.state import InteractiveSession
from domain.values import SERVICE_WINDOW, CommandId, ContactId, SessionId

MOST_SESSIONS = 20
"""Remembered of one person; what is said of an older one is decided on its own history."""

Sessions: TypeAlias = Mapping[SessionId, InteractiveSession]


class Occasion(NamedTuple):
    """Which command led to an event, and when: the only clock and source of ids there is."""

    command_id: CommandId
    at: datetime


class Person(NamedTuple):
    """The contact, their recent sessions, and the commands that already had their effect."""

    contact: Contact
    sessions: Sessions
    seen: Seen

    @property
    def contact_id(self) -> ContactId | None:
        """The person's id, or none for somebody who never wrote."""
        return self.contact.contact_id

    @property
    def open_session(self) -> InteractiveSession | None:
        """The session to which the person's next message belongs."""
        return next((session for session in self.sessions.values() if session.open), None)


NOBODY = Person(Contact(), {}, Seen())
"""Somebody of whom nothing is known yet."""


def stream_of(event: events.Event) -> UUID:
    """Return the stream that the event belongs to: the session's, else the contact's."""
    return getattr(event, "session_id", None) or event.contact_id


def evolve(person: Person, event: events.Event, occasion: Occasion) -> Person:
    """Remember one fact, and the command that led to it."""
    contact, sessions, seen = person.contact, person.sessions, person.seen
    match event:
        case events.MessageReceived():
            contact = _in_window(contact, event)
            sessions = _in_session(sessions, event)
        case (
            events.ReplySent()
            | events.ReplyDelivered()
            | events.ReplyRead()
            | events.ReplyFailed()
            | events.FileStored()
            | events.FileRejected()
        ):
            # What came of a reply or file refuses its own repetition: it only ever moves on.
            return Person(contact, _in_session(sessions, event), seen)
        case (
            events.ReplyRequested()
            | events.AnswerRecorded()
            | events.AnswerRejected()
            | events.SessionHandedOff()
            | events.SessionReleased()
            | events.SessionCompleted()
            | events.SessionExpired()
            | events.SessionCancelled()
            | events.FileUploaded()
        ):
            sessions = _in_session(sessions, event)
        case events.SessionInitiated():
            sessions = _beginning(sessions, state.begin(event, occasion.at))
        case events.CrmNotified() | events.CrmRejected():
            pass
        case (
            events.ContactIdentified()
            | events.ContactMerged()
            | events.ContactNameReleased()
            | events.ContactOptedOut()
            | events.ContactOptedIn()
            | events.ContactErased()
        ):
            contact = contacts.evolve(contact, event, occasion.at)
        case events.ContactAbsorbed():
            contact = contacts.evolve(contact, event, occasion.at)
            seen = seen.adding_all(event.seen, occasion.at).inheriting(event.spilled_until)
        case _:
            assert_never(event)
    return Person(contact, sessions, seen.adding(occasion.command_id, occasion.at))


def fold(history: Iterable[tuple[events.Event, Occasion]]) -> Person:
    """Return what is known after all of this happened, in this order within each stream."""
    return reduce(lambda person, fact: evolve(person, *fact), history, NOBODY)


def _in_session(sessions: Sessions, event: events.SessionEvent) -> Sessions:
    session = sessions.get(event.session_id) if event.session_id else None
    if session is None:
        return sessions
    return {**sessions, session.session_id: state.evolve(session, event)}


def _beginning(sessions: Sessions, session: InteractiveSession) -> Sessions:
    """Add a session; of those that ended only the newest are remembered beside it."""
    every = {**sessions, session.session_id: session}
    ended = [one.session_id for one in every.values() if not one.open]
    for forgotten in ended[: max(0, len(every) - MOST_SESSIONS)]:
        del every[forgotten]
    return every


def _in_window(contact: Contact, event: events.MessageReceived) -> Contact:
    closes = event.received_at + SERVICE_WINDOW
    before = contact.window_expires_at
    return contact if before and before >= closes else contact._replace(window_expires_at=closes)
