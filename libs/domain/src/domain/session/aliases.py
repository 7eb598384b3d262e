"""Whom a command is for: a contact by id, or a person under the names of a webhook."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, assert_never

from domain import commands, events
from domain.messages import InboundSystem, InboundUnknown
from domain.values import ContactId

PHONE, USER_ID, PARENT = "wa:", "bsuid:", "parent:"
"""What the names of a kind begin with. A parent id is the user id that linked businesses share."""

_CHANGED_NUMBER = "user_changed_number"
_CHANGES = frozenset({_CHANGED_NUMBER, "user_changed_user_id"})
"""System messages that say under which names a person goes on (Meta, messages/system)."""


class _Named(Protocol):
    @property
    def from_(self) -> str | None: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def parent_user_id(self) -> str | None: ...


class Aliases(NamedTuple):
    """Names of one person on one business number, the most reliable first."""

    phone_number_id: str
    names: tuple[str, ...]
    becomes: tuple[str, ...] = ()
    """Under which names the person goes on, when WhatsApp says that they changed."""
    number_left: bool = False
    """Whether WhatsApp says that the person changed and names no number of theirs."""


def aliases(
    phone_number_id: str, wa_id: str | None, user_id: str | None, parent: str | None = None
) -> Aliases:
    """Return the names under which this person is looked up."""
    # In half the time of calling the class: a command comes here twice.
    return tuple.__new__(Aliases, (phone_number_id, _names(wa_id, user_id, parent), (), False))


def told_apart(user_id: str | None) -> tuple[str | None, str | None]:
    """Return a user id as one of the business, or as one that linked businesses share.

    Where WhatsApp has one key for both, only the form tells (Meta, business-scoped-user-ids).
    """
    if user_id is not None and user_id[2:].startswith(".ENT."):
        return None, user_id
    return user_id, None


def kind_of(name: str) -> str:
    """Return what the names of this kind begin with."""
    return name[: name.index(":") + 1]


def addressed(command: commands.Command) -> ContactId | Aliases:
    """Say whom the command is for."""
    match command:  # the commonest first: asking for all the others takes longer than the rest
        case commands.RecordDeliveryStatus():
            subject = command.personal
            number = command.phone_number_id
            return aliases(number, subject.recipient, subject.user_id, subject.parent_user_id)
        case commands.ReceiveMessage():
            return _sender(command)
        case commands.RecordConsent():
            return _person(command.phone_number_id, command.personal)
        case commands.HandOffSession():
            if command.contact_id is not None:
                return command.contact_id
            return _person(command.phone_number_id or "", command.personal)
        case commands.InitiateSession():
            return aliases(command.phone_number_id, command.personal.to, None)
        case (
            commands.RecordReplySent()
            | commands.RecordReplyFailed()
            | commands.RecordFileStored()
            | commands.RecordFileRejected()
            | commands.RecordCrm()
            | commands.ReplyInSession()
            | commands.ReleaseSession()
            | commands.CompleteSession()
            | commands.CancelSession()
            | commands.FireTimer()
            | commands.RecordLookup()
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
        return _person(event.phone_number_id, event.personal)
    if isinstance(event, events.ContactAbsorbed):
        return Aliases(event.phone_number_id, event.personal.names)
    return None


def lost_aliases(event: events.Event) -> Aliases | None:
    """Return the names that the event takes from the contact, if it does."""
    if isinstance(event, events.ContactNameReleased):
        return _person(event.phone_number_id, event.personal)
    return None


def _person(number: str, person: _Named) -> Aliases:
    return aliases(number, person.from_, person.user_id, person.parent_user_id)


def _sender(command: commands.ReceiveMessage) -> Aliases:
    number, person = command.phone_number_id, command.personal
    system = _system(command)
    if system is None or system.change not in _CHANGES:
        return _person(number, person)
    before = system.previous_user_id or person.user_id
    parent = system.previous_parent_user_id or person.parent_user_id
    had = _names(person.from_, before, parent)
    becomes = _names(system.wa_id, system.user_id, system.parent_user_id)
    if not _leaves_number(system, had, becomes):
        return _changed(number, had, becomes)
    if set(becomes).issubset(had):
        return Aliases(number, had, number_left=True)
    return _changed(number, had, becomes)._replace(number_left=True)


def _leaves_number(system: InboundSystem, had: tuple[str, ...], becomes: tuple[str, ...]) -> bool:
    """Say whether a former number may be anybody's: a user id changes with it (Meta, BSUID)."""
    if system.wa_id is not None:
        return False
    return system.change == _CHANGED_NUMBER or not set(becomes).issubset(had)


def _changed(number: str, had: tuple[str, ...], becomes: tuple[str, ...]) -> Aliases:
    names = tuple(one for one in had if one.startswith(PHONE) or one not in becomes)
    return Aliases(number, names, becomes) if names else Aliases(number, becomes)


def _system(command: commands.ReceiveMessage) -> InboundSystem | None:
    message = command.personal.message
    if isinstance(message, InboundSystem):
        return message
    if not isinstance(message, InboundUnknown) or message.original_type != "system":
        return None
    return _as_first_written(message.raw.get("system"))


def _as_first_written(system: object) -> InboundSystem | None:
    """Read what was written before system messages had a type of their own."""
    if not isinstance(system, Mapping):
        return None
    return InboundSystem(
        change=_text(system, "type"),
        wa_id=_text(system, "wa_id") or _text(system, "new_wa_id"),
        user_id=_text(system, "user_id"),
        previous_user_id=_text(system, "previous_user_id"),
    )


def _names(wa_id: str | None, user_id: str | None, parent: str | None) -> tuple[str, ...]:
    by_phone = (PHONE + wa_id,) if wa_id else ()
    by_user_id = (USER_ID + user_id,) if user_id else ()
    return by_phone + by_user_id + ((PARENT + parent,) if parent else ())


def _text(system: Mapping[str, Any], key: str) -> str | None:
    value = system.get(key)
    return value if isinstance(value, str) and value else None
