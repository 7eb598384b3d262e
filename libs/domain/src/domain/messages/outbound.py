"""What we can say to a person, typed (Meta: messages/send-messages).

The shapes set no bounds of length: what is too long is split before it is asked for, and what
breaks another limit is refused with the reason (see `limits`).
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.messages.details import OutboundContacts, OutboundLocation
from domain.messages.files import OutboundMedia
from domain.messages.interactive import (
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocationRequest,
)
from domain.messages.signals import OutboundReaction, OutboundReadReceipt
from domain.messages.template import OutboundTemplate
from domain.wire import WIRE


class OutboundText(BaseModel):
    """Words for the person."""

    model_config = WIRE
    type: Literal["text"] = "text"
    text: str = Field(min_length=1)
    preview_url: bool | None = None
    """Show the page behind the first link."""


OutboundMessage: TypeAlias = Annotated[
    OutboundText
    | OutboundButtons
    | OutboundList
    | OutboundLink
    | OutboundFlow
    | OutboundLocationRequest
    | OutboundMedia
    | OutboundLocation
    | OutboundContacts
    | OutboundReaction
    | OutboundReadReceipt
    | OutboundTemplate,
    Field(discriminator="type"),
]
