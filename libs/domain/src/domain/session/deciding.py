"""What becomes true when somebody asks for something: the one place that knows every command."""

from typing import assert_never

from domain import commands, events
from domain.session.flows.book import FlowBook
from domain.session.operating import cancelled, initiate, operate
from domain.session.outcomes import crm_outcome, delivery_status, file_outcome, reply_outcome
from domain.session.person import Occasion, Person
from domain.session.receiving import receive
from domain.values import ContactId


def decide(
    person: Person, command: commands.Command, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Return what becomes true. A command that is late, or had its effect, decides nothing.

    Raises KeyError when a session's version of its flow is not in the book.
    """
    if occasion.command_id in person.seen or _is_gone(person):
        return []
    match command:
        case commands.ReceiveMessage():
            return receive(person, command, occasion, flows)
        case commands.InitiateSession():
            return initiate(person, command, occasion, flows)
        case _ if person.contact_id is None:
            return []  # about somebody who never was
        case (
            commands.HandOffSession()
            | commands.ReplyInSession()
            | commands.ReleaseSession()
            | commands.CompleteSession()
            | commands.CancelSession()
            | commands.FireTimer()
        ):
            return operate(person, command, occasion, flows)
        case commands.RecordReplySent() | commands.RecordReplyFailed():
            return reply_outcome(person, command)
        case commands.RecordDeliveryStatus():
            return delivery_status(person, command)
        case commands.RecordFileStored() | commands.RecordFileRejected():
            return file_outcome(person, command, occasion, flows)
        case commands.RecordCrm():
            return crm_outcome(command)
        case commands.RecordConsent():
            return _consent(person, person.contact_id, command)
        case commands.MergeContact():
            merged = events.ContactMerged(contact_id=person.contact_id, into=command.into)
            return [*_cancel_open(person, person.contact_id, "merged"), merged]
        case commands.EraseContact():
            erased = events.ContactErased(contact_id=person.contact_id)
            return [*_cancel_open(person, person.contact_id, "erased"), erased]
        case _:
            assert_never(command)


def _is_gone(person: Person) -> bool:
    return person.contact.merged_into is not None


def _consent(person: Person, who: ContactId, command: commands.RecordConsent) -> list[events.Event]:
    if command.value == "stop" and not person.contact.opted_out:
        return [events.ContactOptedOut(contact_id=who, source=command.source)]
    if command.value == "resume" and person.contact.opted_out:
        return [events.ContactOptedIn(contact_id=who, source=command.source)]
    return []


def _cancel_open(person: Person, who: ContactId, reason: str) -> list[events.Event]:
    session = person.open_session
    return [cancelled(who, session, reason)] if session else []
