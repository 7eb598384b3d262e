"""What the person said, and what the flow made of it."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from domain.messages import Context, InboundMessage, PlatformError, Referral
from domain.values import ContactId, MessageId, SessionId
from domain.wire import WIRE


class ReceivedMessage(BaseModel):
    """The message itself and who sent it."""

    model_config = WIRE
    wamid: str
    from_: str | None = Field(default=None, alias="from")
    user_id: str | None = None
    parent_user_id: str | None = None
    username: str | None = None
    identity_key_hash: str | None = None
    group_id: str | None = None
    message: InboundMessage
    context: Context | None = None
    referral: Referral | None = None
    errors: tuple[PlatformError, ...] | None = None


class MessageReceived(BaseModel):
    """A person's message, part of a session unless it neither found nor began one."""

    model_config = WIRE
    TYPE: ClassVar[str] = "message.received.v1"
    contact_id: ContactId
    session_id: SessionId | None = None
    phone_number_id: str
    message_id: MessageId
    received_at: datetime
    kind: str
    """The type of the message, such as `text` or `image`."""
    in_group: bool | None = None
    """Written to a group that the business is in: no part of the talk with this person."""
    personal: ReceivedMessage


class Answer(BaseModel):
    """The answer as the flow keeps it."""

    model_config = WIRE
    value: str
    data: dict[str, Any] | None = None
    """An answer that is more than words: a place, a contact, a filled-in form."""


class AnswerRecorded(BaseModel):
    """The message answered the question of this step."""

    model_config = WIRE
    TYPE: ClassVar[str] = "answer.recorded.v1"
    contact_id: ContactId
    session_id: SessionId
    message_id: MessageId
    """The last one, where several messages together are the answer."""
    flow: str | None = None
    """The session's; of a step of a flow that this one calls, the caller's."""
    step: str
    is_personal: bool | None = None
    """Marked by the flow's author: to be masked where people look on."""
    personal: Answer


class AnswerRejected(BaseModel):
    """The message did not answer the question of this step."""

    model_config = WIRE
    TYPE: ClassVar[str] = "answer.rejected.v1"
    contact_id: ContactId
    session_id: SessionId
    message_id: MessageId
    step: str
    reason: str
    """A short code, such as `not-a-date` or `not-a-choice`."""
    attempt: int
    """Counted from 1 for each asking of the step."""
    is_personal: bool | None = None
    """As of an answer: what was said instead of one is masked, too."""
