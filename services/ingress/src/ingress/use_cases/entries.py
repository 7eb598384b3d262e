"""One entry for the log per message, status and preference; ids follow from what they name."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic_core import to_json

from domain import topics, values
from domain.codec import encode
from domain.commands import (
    Command,
    IncomingMessage,
    Person,
    ReceiveMessage,
    RecordConsent,
    RecordDeliveryStatus,
    StatusSubject,
)
from domain.ports.command_log import Entry
from ingress.use_cases.content import content_of
from ingress.use_cases.lenient import (
    JsonObject,
    Unreadable,
    identifier,
    moment,
    objects,
    part,
    required,
    text,
    whole_number,
)
from ingress.use_cases.people import Someone, someone

ACCOUNT_UPDATED = "account.updated.v1"

_MOST_BYTES = topics.MAX_MESSAGE_BYTES - 1024 * 1024
"""Of data: what is left of a record's limit is for key and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
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
    command = ReceiveMessage(
        phone_number_id=change.phone_number_id,
        message_id=values.message_id(wamid),
        received_at=moment(message.get("timestamp"), change.received_at),
        personal=IncomingMessage(
            wamid=wamid,
            from_=sender.wa_id,
            user_id=sender.user_id,
            name=sender.name,
            message=content_of(message),
        ),
    )
    user = required(sender.user, ".from")
    return _command_entry(command, change, user, wamid)


def status_entry(status: JsonObject, change: Change) -> Entry:
    """Return the command that records how far a message of ours got. Raises Unreadable."""
    wamid = required(identifier(status.get("id")), ".id")
    kind = required(identifier(status.get("status")), ".status")
    recipient = someone(
        status.get("recipient_id"), status.get("recipient_user_id"), change.contacts
    )
    command = RecordDeliveryStatus(
        phone_number_id=change.phone_number_id,
        status=kind,
        at=moment(status.get("timestamp"), change.received_at),
        reply_id=_reply_id(status.get("biz_opaque_callback_data")),
        code=whole_number(next(objects(status.get("errors")), {}).get("code")),
        personal=StatusSubject(wamid=wamid, recipient=recipient.wa_id, user_id=recipient.user_id),
    )
    user = recipient.user or str(values.message_id(wamid))
    return _command_entry(command, change, user, wamid, kind)


def consent_entry(preference: JsonObject, change: Change) -> Entry:
    """Return the command that records a stop or resume of marketing. Raises Unreadable."""
    if preference.get("category", "marketing_messages") != "marketing_messages":
        raise Unreadable(".category", "unknown-preference")
    value = preference.get("value")
    if value not in ("stop", "resume"):
        raise Unreadable(".value", "unknown-preference")
    person = someone(preference.get("wa_id"), preference.get("user_id"), change.contacts)
    user = required(person.user, ".wa_id")
    command = RecordConsent(
        phone_number_id=change.phone_number_id,
        value=value,
        source="user_preferences",
        personal=Person(from_=person.wa_id, user_id=person.user_id),
    )
    at = text(preference.get("timestamp")) or text(change.sent_at) or ""
    return _command_entry(command, change, user, user, value, at)


def account_entry(account: str, sent_at: object, change: JsonObject, at: datetime) -> Entry:
    """Return the news about the account, as it came. Raises Unreadable if it is too large."""
    data = _bounded(to_json(change, inf_nan_mode="null"))
    return Entry(
        topic=topics.ACCOUNT_UPDATES,
        key=account,
        id=values.command_id(ACCOUNT_UPDATED, account, text(sent_at) or "", data.decode()),
        type=ACCOUNT_UPDATED,
        at=at,
        data=data,
    )


def _sender(message: JsonObject, change: Change) -> Someone:
    """System messages without sender name the person under the ids that changed."""
    system = part(message, "system")
    user_id = message.get("from_user_id") or system.get("previous_user_id") or system.get("user_id")
    return someone(message.get("from"), user_id, change.contacts)


def _command_entry(command: Command, change: Change, user: str, *about: str) -> Entry:
    return Entry(
        topic=topics.SESSION_COMMANDS,
        key=f"{change.phone_number_id}/{user}",
        id=values.command_id(command.TYPE, change.phone_number_id, *about),
        type=command.TYPE,
        at=change.received_at,
        data=_bounded(encode(command)),
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
