"""Everything that a decision about one person needs: the contact and their sessions."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from domain import events
from domain.messages import WINDOWLESS_INBOUND
from domain.session import contact as contacts
from domain.session import remembering, state
from domain.session.contact import Contact
from domain.session.seen import Seen
from domain.session.setting import setting
from domain.session.state import InteractiveSession
from domain.values import SERVICE_WINDOW, CommandId, ContactId, SessionId, later

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

_new = tuple.__new__
"""Makes a named tuple in half the time of calling its class: each event makes one or two."""


def stream_of(event: events.Event) -> UUID:
    """Return the stream that the event belongs to: the session's, else the contact's."""
    return getattr(event, "session_id", None) or event.contact_id


def evolve(person: Person, event: events.Event, occasion: Occasion) -> Person:
    """Remember one fact, and the command that led to it."""
    return STEPS[type(event)](person, event, occasion)


def fold(history: Iterable[tuple[events.Event, Occasion]]) -> Person:
    """Return what is known after all of this happened, in this order within each stream."""
    return reduce(lambda person, fact: evolve(person, *fact), history, NOBODY)


def _of_session(person: Person, event: events.SessionEvent, occasion: Occasion) -> Person:
    sessions = _in_session(person.sessions, event, occasion)
    return _new(Person, (person.contact, sessions, person.seen.adding(*occasion)))


def _outcome(person: Person, event: events.SessionEvent, occasion: Occasion) -> Person:
    # What came of a reply or file refuses its own repetition: it only ever moves on.
    return _new(
        Person, (person.contact, _in_session(person.sessions, event, occasion), person.seen)
    )


def _received(person: Person, event: events.MessageReceived, occasion: Occasion) -> Person:
    contact = _in_window(person.contact, event)
    sessions = _in_session(person.sessions, event, occasion)
    return _new(Person, (contact, sessions, person.seen.adding(*occasion)))


def _initiated(person: Person, event: events.SessionInitiated, occasion: Occasion) -> Person:
    sessions = _beginning(person.sessions, state.begin(event, occasion.at))
    return _new(Person, (person.contact, sessions, person.seen.adding(*occasion)))


def _left_to_bot(person: Person, event: events.SessionEvent, occasion: Occasion) -> Person:
    left_at = later(person.contact.humans_left_at, occasion.at)
    sessions = _in_session(person.sessions, event, occasion)
    return _new(
        Person, (_with_left(person.contact, left_at), sessions, person.seen.adding(*occasion))
    )


def _told_to_crm(person: Person, _: events.Event, occasion: Occasion) -> Person:
    return _new(Person, (person.contact, person.sessions, person.seen.adding(*occasion)))


def _of_contact(person: Person, event: events.ContactEvent, occasion: Occasion) -> Person:
    contact = contacts.evolve(person.contact, event, occasion.at)
    return _new(Person, (contact, person.sessions, person.seen.adding(*occasion)))


def _absorbed(person: Person, event: events.ContactAbsorbed, occasion: Occasion) -> Person:
    contact = contacts.evolve(person.contact, event, occasion.at)
    seen = person.seen.adding_all(event.seen, occasion.at).inheriting(event.spilled_until)
    return _new(Person, (contact, person.sessions, seen.adding(*occasion)))


# By type at once: asking an event of which of twenty classes it is takes longer than the rest.
STEPS: Mapping[type[events.Event], Callable[[Person, Any, Occasion], Person]] = {
    events.MessageReceived: _received,
    events.SessionInitiated: _initiated,
    events.ReplyRequested: _of_session,
    events.ReplySent: _outcome,
    events.ReplyDelivered: _outcome,
    events.ReplyRead: _outcome,
    events.ReplyPlayed: _outcome,
    events.ReplyFailed: _outcome,
    events.AnswerRecorded: _of_session,
    events.AnswerRejected: _of_session,
    events.SessionHandedOff: _of_session,
    events.SessionReleased: _left_to_bot,
    events.SessionCompleted: _left_to_bot,
    events.SessionExpired: _left_to_bot,
    events.SessionCancelled: _left_to_bot,
    events.FileUploaded: _of_session,
    events.SessionRestarted: _of_session,
    events.SessionMigrated: _of_session,
    events.SessionWindowClosing: _of_session,
    events.VariablesSet: _of_session,
    events.LookupRequested: _of_session,
    events.LookupAnswered: _of_session,
    events.WaitBegun: _of_session,
    events.WaitEnded: _of_session,
    events.MessageCollected: _of_session,
    events.QuestionReminded: _of_session,
    events.StepTimedOut: _of_session,
    events.FileStored: _outcome,
    events.FileRejected: _outcome,
    events.CrmNotified: _told_to_crm,
    events.CrmRejected: _told_to_crm,
    events.ContactIdentified: _of_contact,
    events.ContactMerged: _of_contact,
    events.ContactNameReleased: _of_contact,
    events.ContactOptedOut: _of_contact,
    events.ContactOptedIn: _of_contact,
    events.ContactErased: _of_contact,
    events.ContactLanguageChosen: _of_contact,
    events.ContactAbsorbed: _absorbed,
}


def _in_session(sessions: Sessions, event: events.SessionEvent, occasion: Occasion) -> Sessions:
    session = sessions.get(event.session_id) if event.session_id else None
    if session is None:
        return sessions
    return {**sessions, session.session_id: remembering.evolve(session, event, occasion.at)}


def _beginning(sessions: Sessions, session: InteractiveSession) -> Sessions:
    """Add a session; of those that ended only the newest are remembered beside it."""
    every = {**sessions, session.session_id: session}
    ended = [one.session_id for one in every.values() if not one.open]
    for forgotten in ended[: max(0, len(every) - MOST_SESSIONS)]:
        del every[forgotten]
    return every


_with_window = setting(Contact, "window_expires_at")
_with_hidden = setting(Contact, "hides_number")
_with_left = setting(Contact, "humans_left_at")


def _in_window(contact: Contact, event: events.MessageReceived) -> Contact:
    """Only what a person says to the business alone opens the window (Meta, send-messages)."""
    if event.in_group or event.kind in WINDOWLESS_INBOUND:
        return contact
    closes = event.received_at + SERVICE_WINDOW
    before = contact.window_expires_at
    if before and before > closes:
        return contact
    hides = event.personal.from_ is None
    contact = contact if hides == contact.hides_number else _with_hidden(contact, hides)
    return contact if before == closes else _with_window(contact, closes)
