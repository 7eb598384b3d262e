"""Ids and small values. Every id is derived from what it names, so a repeat is recognised."""

from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Literal, NewType, TypeAlias, get_args
from uuid import NAMESPACE_URL, UUID

from pydantic import TypeAdapter

ContactId = NewType("ContactId", UUID)
SessionId = NewType("SessionId", UUID)
MessageId = NewType("MessageId", UUID)
ReplyId = NewType("ReplyId", UUID)
FileId = NewType("FileId", UUID)
CommandId = NewType("CommandId", UUID)
EventId = NewType("EventId", UUID)
TimerId = NewType("TimerId", UUID)
LookupId = NewType("LookupId", UUID)

TimerKind: TypeAlias = Literal[
    "session-expiry", "reminder", "step-timeout", "hand-off-lease", "wait", "window-closing"
]
TIMER_KINDS: tuple[TimerKind, ...] = get_args(TimerKind)

_VERSION_AND_VARIANT = ~(0xF000 << 64) & ~(0xC000 << 48)
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_VERSION_5 = (5 << 76) | (0x8000 << 48)
_uuid_of = TypeAdapter(UUID).validator.validate_python
"""Of text or bytes, in a third of the time that the class takes."""
_quoted = TypeAdapter(UUID).serializer.to_json


def read_uuid(text: str) -> UUID:
    """Return what `UUID(text)` returns, in less time where it is written as usual.

    Raises ValueError as that does.
    """
    try:
        read: UUID = _uuid_of(text)
    except ValueError:
        return UUID(text)  # takes more than pydantic does, such as hyphens anywhere
    return read


def write_uuid(identity: UUID) -> bytes:
    """Return `str(identity)` in ASCII, in less than half the time; not for subclasses."""
    return _quoted(identity)[1:-1]


def uuid5(namespace: UUID, name: str) -> UUID:
    """Return the name-based id of RFC 9562, section 5.5, as `uuid.uuid5` does, in half the time.

    A command needs five.
    """
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big") & _VERSION_AND_VARIANT | _VERSION_5
    made: UUID = _uuid_of(number.to_bytes(16, "big"))
    return made


def written_uuid5(namespace: bytes, name: str) -> str:
    """Return `str(uuid5(...))` in half the time; the namespace is given by its bytes."""
    digest = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANTS[digest[16]]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


NAMESPACE = uuid5(NAMESPACE_URL, "https://whatsapp-agent.example/ids")
"""The namespace of every id of ours; changing it would make old messages look new."""

_NAMESPACE = NAMESPACE.bytes

SERVICE_WINDOW = timedelta(hours=24)
"""How long after a person's message anything but a template may be sent (Meta, send-messages)."""

DUPLICATE_WINDOW = timedelta(days=7)
"""How long Meta repeats a webhook, hence how long a command is remembered (webhooks/overview)."""


def command_id(command_type: str, *parts: str) -> CommandId:
    """Return the id of the command of this type about `parts`: the same for every repeat."""
    return CommandId(uuid5(NAMESPACE, "\x1f".join((command_type, *parts))))


def written_command_id(command_type: str, *parts: str) -> str:
    """Return `command_id` as it is written, for those who only write it."""
    return written_uuid5(_NAMESPACE, "\x1f".join((command_type, *parts)))


def event_id(command: CommandId, number: int) -> EventId:
    """Return the id of the `number`-th event (from 1) that `command` led to."""
    return EventId(uuid5(command, str(number)))


def release_id(command: CommandId, contact: ContactId, version: int) -> CommandId:
    """Return the id under which a contact gives up a name that this command came under.

    `version` is that of the contact before: until the command is at home, the name may have come
    to others, and back, and all of them give it up.
    """
    return CommandId(uuid5(command, f"release/{contact}/{version}"))


def message_id(wamid: str) -> MessageId:
    """Return our id of a WhatsApp message, which unlike the wamid encodes no phone number."""
    return MessageId(uuid5(NAMESPACE, wamid))


def written_message_id(wamid: str) -> str:
    """Return `message_id` as it is written, for those who only write it."""
    return written_uuid5(_NAMESPACE, wamid)


def file_id(message: MessageId, index: int) -> FileId:
    """Return the id of the `index`-th file (from 0) of a message."""
    return FileId(uuid5(message, str(index)))


def contact_id(first_command: CommandId) -> ContactId:
    """Return the id of the person whose first command this is."""
    return ContactId(uuid5(first_command, "contact"))


def session_id(first_command: CommandId) -> SessionId:
    """Return the id of the session that this command opens."""
    return SessionId(uuid5(first_command, "session"))


def reply_id(command: CommandId, number: int) -> ReplyId:
    """Return the id of the `number`-th reply (from 1) that `command` asks for."""
    return ReplyId(uuid5(command, f"reply-{number}"))


def timer_id(session: SessionId, kind: TimerKind, due_at: datetime) -> TimerId:
    """Return the id of the session's timer of this kind when it is due at this moment."""
    return TimerId(uuid5(session, f"{kind}/{due_at.astimezone(UTC).isoformat()}"))


def lookup_id(command: CommandId, number: int) -> LookupId:
    """Return the id of the `number`-th lookup (from 1) that `command` led to."""
    return LookupId(uuid5(command, f"lookup-{number}"))


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two instants, of which either may not have been."""
    return max(one, other) if one and other else one or other


def later_by(since: datetime, span: timedelta) -> datetime:
    """Return the moment that much later, or the end of the calendar where that is beyond it."""
    try:
        return since + span
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
