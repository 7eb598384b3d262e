"""Whom a command is for: a contact by id, or a person under the names of a webhook."""

from dataclasses import dataclass
from typing import assert_never

from domain import commands, events
from domain.values import ContactId


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names of one person on one business number, the most reliable first."""

    phone_number_id: str
    names: tuple[str, ...]


def aliases(phone_number_id: str, wa_id: str | None, user_id: str | None) -> Aliases:
    """Return the names under which this person is looked up."""
    by_phone = (f"wa:{wa_id}",) if wa_id else ()
    by_user_id = (f"bsuid:{user_id}",) if user_id else ()
    return Aliases(phone_number_id, by_phone + by_user_id)


def addressed(command: commands.Command) -> ContactId | Aliases:
    """Say whom the command is for."""
    match command:
        case commands.ReceiveMessage() | commands.RecordConsent():
            person = command.personal
            return aliases(command.phone_number_id, person.from_, person.user_id)
        case commands.InitiateSession():
            return aliases(command.phone_number_id, command.personal.to, None)
        case commands.RecordDeliveryStatus():
            subject = command.personal
            return aliases(command.phone_number_id, subject.recipient, subject.user_id)
        case (
            commands.RecordReplySent()
            | commands.RecordReplyFailed()
            | commands.RecordFileStored()
            | commands.RecordFileRejected()
            | commands.RecordCrm()
            | commands.HandOffSession()
            | commands.ReplyInSession()
            | commands.ReleaseSession()
            | commands.CompleteSession()
            | commands.CancelSession()
            | commands.FireTimer()
            | commands.MergeContact()
            | commands.EraseContact()
        ):
            return command.contact_id
        case _:
            assert_never(command)


def new_aliases(event: events.Event) -> Aliases | None:
    """Return the names that the event makes known, if it does."""
    if isinstance(event, events.ContactIdentified):
        return aliases(event.phone_number_id, event.personal.from_, event.personal.user_id)
    return None
