"""What the business says to the person, and how far it got."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel

from domain.messages import (
    Conversation,
    OutboundMessage,
    OutboundTemplate,
    PlatformError,
    Pricing,
)
from domain.values import ContactId, MessageId, ReplyId, SessionId
from domain.wire import WIRE


class OutgoingReply(BaseModel):
    """The message and to whom it goes: by phone number, else by business-scoped user id."""

    model_config = WIRE
    to: str | None = None
    user_id: str | None = None
    quotes: str | None = None
    """The wamid of the message that this one answers: WhatsApp shows it above."""
    message: OutboundMessage
    fallback: OutboundTemplate | None = None
    """What goes out instead when the 24-hour window is closed at the moment of sending."""


class ReplyRequested(BaseModel):
    """Somebody has to send this. Replies of one contact are sent in the order of these events."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.requested.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    phone_number_id: str
    in_reply_to: MessageId | None = None
    window_expires_at: datetime | None = None
    """When the 24-hour window closes, as far as known now; none when the person never wrote."""
    step: str | None = None
    """The question that this reply asks."""
    kind: str
    """The type of the message, such as `text` or `buttons`."""
    opted_out: bool | None = None
    """True for a marketing template, or one as `fallback`, that the person wants none of."""
    personal: OutgoingReply


class SentMessage(BaseModel):
    """WhatsApp's id of the message."""

    model_config = WIRE
    wamid: str


class ReplySent(BaseModel):
    """The platform accepted the reply."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.sent.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    fallback: Literal[True] | None = None
    """True where the person got the template that the request names as `fallback`.

    Absent where the message itself went out, and where a status told first that anything did.
    """
    pricing: Pricing | None = None
    conversation: Conversation | None = None
    personal: SentMessage


class ReplyDelivered(BaseModel):
    """The reply is on the person's phone."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.delivered.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    at: datetime
    pricing: Pricing | None = None


class ReplyRead(BaseModel):
    """The person saw the reply."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.read.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    at: datetime
    pricing: Pricing | None = None


class ReplyPlayed(BaseModel):
    """The person played the voice message; that they saw it may never have been told."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.played.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    at: datetime
    pricing: Pricing | None = None


class Failure(BaseModel):
    """What the platform says about it; its texts may name the person."""

    model_config = WIRE
    errors: tuple[PlatformError, ...]


class ReplyFailed(BaseModel):
    """The reply did not and will not reach the person."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.failed.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    code: int | None = None
    """Meta's error code, where Meta said so."""
    reason: str
    personal: Failure | None = None
