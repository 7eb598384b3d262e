"""Commands about what became of a reply."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel

from domain.messages import Conversation, PlatformError, Pricing
from domain.values import ContactId, ReplyId, SessionId
from domain.wire import WIRE


class Acceptance(BaseModel):
    """What Meta answered to a send: its id of the message and of the person."""

    model_config = WIRE
    wamid: str
    wa_id: str | None = None
    user_id: str | None = None


class RecordReplySent(BaseModel):
    """The platform accepted the reply."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.record-sent.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    fallback: Literal[True] | None = None
    """True where not the message itself went out, but the template for a closed window."""
    personal: Acceptance


class RecordReplyFailed(BaseModel):
    """The reply will not reach the person."""

    model_config = WIRE
    TYPE: ClassVar[str] = "reply.record-failed.v1"
    contact_id: ContactId
    session_id: SessionId
    reply_id: ReplyId
    code: int | None = None
    """Meta's error code, where Meta refused it."""
    reason: str
    """A short code of ours, such as `window-closed` or `refused`; never personal."""


class StatusSubject(BaseModel):
    """The message that a status speaks of, and to whom it went."""

    model_config = WIRE
    wamid: str
    recipient: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    identity_key_hash: str | None = None
    group_id: str | None = None
    """Of the group that the message went to; the recipient is then one of its members."""
    errors: tuple[PlatformError, ...] | None = None


class RecordDeliveryStatus(BaseModel):
    """WhatsApp says how far a message of ours got. Statuses come in any order."""

    model_config = WIRE
    TYPE: ClassVar[str] = "delivery-status.record.v1"
    phone_number_id: str
    status: str
    """`sent`, `delivered`, `read`, `played`, `failed`; odd values decide nothing."""
    at: AwareDatetime
    reply_id: ReplyId | None = None
    """Echoed by Meta as `biz_opaque_callback_data`; absent for messages that we did not send."""
    code: int | None = None
    """Of the first error."""
    pricing: Pricing | None = None
    conversation: Conversation | None = None
    personal: StatusSubject
