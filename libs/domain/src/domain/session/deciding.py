"""What becomes true when somebody asks for something: the one place that knows every command."""

from datetime import datetime
from typing import assert_never

from domain import commands, events
from domain.session.aliases import aliases
from domain.session.flows.book import FlowBook
from domain.session.identifying import absorb, identify
from domain.session.operating import cancelled, initiate, operate
from domain.session.outcomes import crm_outcome, delivery_status, file_outcome, reply_outcome
from domain.session.person import Occasion, Person
from domain.session.receiving import receive
from domain.session.taking_over import take_over
from domain.values import ContactId, contact_id

_OUTCOMES = (
    commands.RecordReplySent,
    commands.RecordReplyFailed,
    commands.RecordDeliveryStatus,
    commands.RecordFileStored,
    commands.RecordFileRejected,
    commands.RecordCrm,
)
"""What is still recorded of a contact that was merged: its replies and files are its own."""


def decide(
    person: Person, command: commands.Command, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Return what becomes true. A command that is late, or had its effect, decides nothing.

    Raises KeyError when a session's version of its flow is not in the book, and UnknownFlow when
    a session is to begin with a flow that is not.
    """
    if occasion.command_id in person.seen:
        return []
    if person.contact.merged_into is not None and not isinstance(command, _OUTCOMES):
        return []
    match command:
        case commands.ReceiveMessage():
            return receive(person, command, occasion, flows)
        case commands.InitiateSession():
            return initiate(person, command, occasion, flows)
        case commands.HandOffSession() if command.contact_id is None:
            return take_over(person, command, occasion, flows)
        case commands.RecordConsent():
            return _consent(person, command, occasion)
        case _ if person.contact_id is None:
            return []  # about somebody who never was
        case commands.RecordDeliveryStatus():
            return delivery_status(person, command)
        case commands.RecordReplySent() | commands.RecordReplyFailed():
            return reply_outcome(person, command)
        case (
            commands.HandOffSession()
            | commands.ReplyInSession()
            | commands.ReleaseSession()
            | commands.CompleteSession()
            | commands.CancelSession()
            | commands.FireTimer()
            | commands.RecordLookup()
        ):
            return operate(person, command, occasion, flows)
        case commands.RecordFileStored() | commands.RecordFileRejected():
            return file_outcome(person, command, occasion, flows)
        case commands.RecordCrm():
            return crm_outcome(command)
        case commands.MergeContact():
            return _merge(person, person.contact_id, command)
        case commands.AbsorbContact():
            return absorb(person, person.contact_id, command)
        case commands.EraseContact():
            erased = events.ContactErased(contact_id=person.contact_id)
            return [*_cancel_open(person, person.contact_id, "erased"), erased]
        case _:
            assert_never(command)


def _consent(
    person: Person, command: commands.RecordConsent, occasion: Occasion
) -> list[events.Event]:
    """Record the choice, also of somebody who is not known yet: it counts when they are."""
    if person.contact_id is None and command.value == "resume":
        return []
    who, by = person.contact_id or contact_id(occasion.command_id), command.personal
    named = aliases(command.phone_number_id, by.from_, by.user_id, by.parent_user_id)
    known: list[events.Event] = [*identify(person.contact, named, who, at=occasion.at)]
    when, before = command.at or occasion.at, person.contact.consent_at
    stop = command.value == "stop"
    if before is not None and (when < before or (when == before and not stop)):
        return known
    if stop and not person.contact.opted_out:
        return [*known, events.ContactOptedOut(contact_id=who, source=command.source, at=when)]
    if command.value == "signup" or (not stop and person.contact.opted_out):
        return [*known, _opted_in(who, command, when)]
    return known


def _opted_in(
    who: ContactId, command: commands.RecordConsent, at: datetime
) -> events.ContactOptedIn:
    """Signing up is a consent of its own, also of who never refused."""
    return events.ContactOptedIn(
        contact_id=who, source=command.source, at=at, signup_id=command.signup_id
    )


def _merge(person: Person, who: ContactId, command: commands.MergeContact) -> list[events.Event]:
    if command.into == who:
        return []
    merged = events.ContactMerged(contact_id=who, into=command.into)
    return [*_cancel_open(person, who, "merged"), merged]


def _cancel_open(person: Person, who: ContactId, reason: str) -> list[events.Event]:
    session = person.open_session
    return [cancelled(who, session, reason)] if session else []
