"""One entry for the log per message, status and preference; ids follow from what they name."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from domain import topics, values
from domain.account_updates import AccountUpdate, AccountUpdated
from domain.codec import encode
from domain.commands import (
    HandOffNote,
    HandOffSession,
    Person,
    ReceiveMessage,
    RecordConsent,
    RecordDeliveryStatus,
)
from domain.ports.command_log import Entry
from ingress.use_cases.account import typed
from ingress.use_cases.content import content_of
from ingress.use_cases.lenient import (
    JsonObject,
    Unreadable,
    identifier,
    moment,
    part,
    required,
    text,
)
from ingress.use_cases.people import Someone, someone
from ingress.use_cases.surroundings import (
    context_of,
    conversation_of,
    errors_of,
    pricing_of,
    referral_of,
)

_PARENT_KEYS = ("recipient_parent_user_id", "parent_recipient_user_id", "parent_user_id")
"""The three ways in which a status was seen to name the parent id."""

_MOST_BYTES = topics.MAX_MESSAGE_BYTES - 1024 * 1024
"""Of data: what is left of a record's limit is for key and headers."""


class Change(NamedTuple):
    """What the parts of one change have in common."""

    phone_number_id: str
    contacts: list[Someone]
    sent_at: object
    """Meta's own time of the whole entry; often absent."""
    received_at: datetime


def message_entry(message: JsonObject, change: Change) -> Entry:
    """Return the command that hands over a message. Raises Unreadable."""
    wamid = required(identifier(message.get("id")), ".id")
    sender = _sender(message, change)
    personal = {
        "wamid": wamid,
        "from": sender.wa_id,
        "user_id": sender.user_id,
        "parent_user_id": sender.parent_user_id,
        "name": sender.name,
        "username": sender.username,
        "identity_key_hash": sender.identity_key_hash,
        "group_id": identifier(message["group_id"]) if "group_id" in message else None,
        "message": content_of(message),
        "context": context_of(message) if "context" in message else None,
        "referral": referral_of(message),
        "errors": errors_of(message),
    }
    data = {
        "phone_number_id": change.phone_number_id,
        "message_id": values.written_message_id(wamid),
        "received_at": moment(message.get("timestamp"), change.received_at),
        "personal": _told(personal),
    }
    user = required(sender.user, ".from")
    return _command_entry(ReceiveMessage.TYPE, _written(data), change, user, wamid)


def status_entry(status: JsonObject, change: Change) -> Entry:
    """Return the command that records how far a message of ours got. Raises Unreadable."""
    wamid = required(identifier(status.get("id")), ".id")
    kind = required(identifier(status.get("status")), ".status")
    recipient, group = _recipient(status, change)
    errors = errors_of(status)
    personal = {
        "wamid": wamid,
        "recipient": recipient.wa_id,
        "user_id": recipient.user_id,
        "parent_user_id": recipient.parent_user_id,
        "identity_key_hash": identifier(status.get("recipient_identity_key_hash")),
        "group_id": group,
        "errors": errors,
    }
    data = {
        "phone_number_id": change.phone_number_id,
        "status": kind,
        "at": moment(status.get("timestamp"), change.received_at),
        "reply_id": _reply_id(status.get("biz_opaque_callback_data")),
        "code": errors[0].code if errors else None,
        "pricing": pricing_of(status),
        "conversation": conversation_of(status),
        "personal": _told(personal),
    }
    user = recipient.user or values.written_message_id(wamid)
    written = _written(_told(data))
    return _command_entry(RecordDeliveryStatus.TYPE, written, change, user, wamid, kind)


def consent_entry(preference: JsonObject, change: Change) -> Entry:
    """Return the command that records what the person wants of marketing. Raises Unreadable."""
    if preference.get("category", "marketing_messages") != "marketing_messages":
        raise Unreadable(".category", "unknown-preference")
    value = preference.get("value")
    if value not in ("stop", "resume", "signup"):
        raise Unreadable(".value", "unknown-preference")
    person = someone(
        preference.get("wa_id"),
        preference.get("user_id"),
        preference.get("parent_user_id"),
        change.contacts,
    )
    user = required(person.user, ".wa_id")
    command = RecordConsent(
        phone_number_id=change.phone_number_id,
        value=value,
        source="user_preferences",
        at=moment(preference.get("timestamp"), change.received_at),
        signup_id=identifier(preference.get("signup_id")),
        personal=Person(
            from_=person.wa_id, user_id=person.user_id, parent_user_id=person.parent_user_id
        ),
    )
    at = text(preference.get("timestamp")) or text(change.sent_at) or ""
    return _command_entry(command.TYPE, encode(command), change, user, user, value, at)


def echo_entry(echo: JsonObject, change: Change) -> Entry:
    """Return the command that silences the bot where a colleague wrote. Raises Unreadable."""
    wamid = required(identifier(echo.get("id")), ".id")
    person = someone(
        echo.get("to"), echo.get("to_user_id"), echo.get("to_parent_user_id"), change.contacts
    )
    user = required(person.user, ".to")
    command = HandOffSession(
        phone_number_id=change.phone_number_id,
        source="echo",
        at=moment(echo.get("timestamp"), change.received_at),
        personal=HandOffNote(
            from_=person.wa_id,
            user_id=person.user_id,
            parent_user_id=person.parent_user_id,
            wamid=wamid,
        ),
    )
    return _command_entry(command.TYPE, encode(command), change, user, wamid)


def account_entry(
    account: str, sent_at: object, field: str, change: JsonObject, at: datetime
) -> Entry:
    """Return the news about the account as it came, and typed. Raises Unreadable if too large."""
    raw = _bounded(to_json(change, inf_nan_mode="null"))
    update = typed(field, change.get("value"))
    return Entry(
        topic=topics.ACCOUNT_UPDATES,
        key=account,
        id=values.written_command_id(
            AccountUpdated.TYPE, account, text(sent_at) or "", raw.decode()
        ),
        type=AccountUpdated.TYPE,
        at=at,
        data=_with_update(raw, update) if update is not None else raw,
    )


def _with_update(raw: bytes, update: AccountUpdate) -> bytes:
    """Add the typed news if there is room; what came is never cut for it."""
    # Spliced, so that what came, which may be megabytes, is not written twice.
    data = b"".join(
        (raw[:-1], b',"update":', update.model_dump_json(exclude_none=True).encode(), b"}")
    )
    return data if len(data) <= _MOST_BYTES else raw


def _sender(message: JsonObject, change: Change) -> Someone:
    """System messages without sender name the person under the ids that changed."""
    if "system" not in message:
        return someone(
            message.get("from"),
            message.get("from_user_id"),
            message.get("from_parent_user_id"),
            change.contacts,
        )
    system = part(message, "system")
    return someone(
        message.get("from"),
        message.get("from_user_id") or system.get("previous_user_id") or system.get("user_id"),
        message.get("from_parent_user_id")
        or system.get("previous_parent_user_id")
        or system.get("parent_user_id"),
        change.contacts,
    )


def _recipient(status: JsonObject, change: Change) -> tuple[Someone, str | None]:
    """Give to whom the message went, and the group if it went to one: that is nobody's number."""
    to = identifier(status.get("recipient_id"))
    group = to if status.get("recipient_type") == "group" else None
    recipient = someone(
        status.get("recipient_participant_id") if group else to,
        status.get("recipient_user_id"),
        next((status[key] for key in _PARENT_KEYS if status.get(key)), None),
        change.contacts,
    )
    return recipient, group


def _told(fields: JsonObject) -> JsonObject:
    return {name: content for name, content in fields.items() if content is not None}


def _written(data: JsonObject) -> bytes:
    """Write a command as its model would, which is not made: that costs more than all the rest.

    Everything in it is of the right type already; tests hold each command against its model.
    """
    return to_json(data, exclude_none=True, inf_nan_mode="null")


def _command_entry(kind: str, data: bytes, change: Change, user: str, *about: str) -> Entry:
    return Entry(
        topic=topics.SESSION_COMMANDS,
        key=f"{change.phone_number_id}/{user}",
        id=values.written_command_id(kind, change.phone_number_id, *about),
        type=kind,
        at=change.received_at,
        data=_bounded(data),
    )


def _reply_id(echoed: object) -> values.ReplyId | None:
    """Return our reply's id; what others wrote into the field is none."""
    try:
        return values.ReplyId(UUID(echoed)) if isinstance(echoed, str) else None
    except ValueError:
        return None


def _bounded(data: bytes) -> bytes:
    if len(data) > _MOST_BYTES:
        raise Unreadable("", "too-large")
    return data
