"""Whom a command is for: a contact by id, or a person under the names of a webhook."""

from collections.abc import Mapping
from typing import Any, NamedTuple, assert_never

from domain import commands, events
from domain.messages import InboundUnknown
from domain.values import ContactId

PHONE, USER_ID = "wa:", "bsuid:"
"""What the names of a kind begin with."""

_CHANGES = frozenset({"user_changed_number", "user_changed_user_id"})
"""System messages that say under which names a person goes on (Meta, messages/system)."""


class Aliases(NamedTuple):
    """Names of one person on one business number, the most reliable first."""

    phone_number_id: str
    names: tuple[str, ...]
    becomes: tuple[str, ...] = ()
    """Under which names the person goes on, when WhatsApp says that they changed."""


def aliases(phone_number_id: str, wa_id: str | None, user_id: str | None) -> Aliases:
    """Return the names under which this person is looked up."""
    return Aliases(phone_number_id, _names(wa_id, user_id))


def addressed(command: commands.Command) -> ContactId | Aliases:
    """Say whom the command is for."""
    match command:
        case commands.ReceiveMessage():
            return _sender(command)
        case commands.RecordConsent():
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
            | commands.AbsorbContact()
            | commands.EraseContact()
        ):
            return command.contact_id
        case _:
            assert_never(command)


def new_aliases(event: events.Event) -> Aliases | None:
    """Return the names that the event makes known, if it does."""
    if isinstance(event, events.ContactIdentified):
        return aliases(event.phone_number_id, event.personal.from_, event.personal.user_id)
    if isinstance(event, events.ContactAbsorbed):
        return Aliases(event.phone_number_id, event.personal.names)
    return None


def lost_aliases(event: events.Event) -> Aliases | None:
    """Return the names that the event takes from the contact, if it does."""
    if isinstance(event, events.ContactNameReleased):
        return aliases(event.phone_number_id, event.personal.from_, event.personal.user_id)
    return None


def _sender(command: commands.ReceiveMessage) -> Aliases:
    person, number = command.personal, command.phone_number_id
    message = person.message
    if not isinstance(message, InboundUnknown) or message.original_type != "system":
        return aliases(number, person.from_, person.user_id)
    system = message.raw.get("system")
    if not isinstance(system, Mapping) or system.get("type") not in _CHANGES:
        return aliases(number, person.from_, person.user_id)
    wa_id = _text(system, "wa_id") or _text(system, "new_wa_id")
    user_id = _text(system, "user_id")
    before = _text(system, "previous_user_id") or person.user_id
    names = _names(person.from_, before if before != user_id else None)
    becomes = _names(wa_id, user_id)
    return Aliases(number, names, becomes) if names else Aliases(number, becomes)


def _names(wa_id: str | None, user_id: str | None) -> tuple[str, ...]:
    by_phone = (PHONE + wa_id,) if wa_id else ()
    by_user_id = (USER_ID + user_id,) if user_id else ()
    return by_phone + by_user_id


def _text(system: Mapping[str, Any], key: str) -> str | None:
    value = system.get(key)
    return value if isinstance(value, str) and value else None
