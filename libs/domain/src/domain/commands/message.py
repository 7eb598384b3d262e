"""Commands about what the person sent."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, Field

from domain.messages import Context, InboundMessage, PlatformError, Referral
from domain.values import MessageId
from domain.wire import WIRE


class IncomingMessage(BaseModel):
    """The message and who sent it, under every id that the webhook named."""

    model_config = WIRE
    wamid: str
    from_: str | None = Field(default=None, alias="from")
    """`wa_id`; absent when the person is known by the business-scoped user id alone."""
    user_id: str | None = None
    """Business-scoped user id."""
    parent_user_id: str | None = None
    """The user id that linked businesses share."""
    name: str | None = None
    username: str | None = None
    """As shown; it may change, and nobody is recognised by it."""
    identity_key_hash: str | None = None
    """Of the person's phone, where the business has the identity check switched on."""
    group_id: str | None = None
    message: InboundMessage
    context: Context | None = None
    referral: Referral | None = None
    errors: tuple[PlatformError, ...] | None = None


class ReceiveMessage(BaseModel):
    """A person wrote to one of the business's numbers."""

    model_config = WIRE
    TYPE: ClassVar[str] = "message.receive.v1"
    phone_number_id: str
    message_id: MessageId
    received_at: AwareDatetime
    """Meta's timestamp of the message."""
    personal: IncomingMessage
