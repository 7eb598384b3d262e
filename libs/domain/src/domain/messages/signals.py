"""What we do to a message of the person's (Meta: messages/reaction, mark-message-as-read)."""

from typing import Literal

from pydantic import BaseModel

from domain.wire import WIRE


class OutboundReaction(BaseModel):
    """An emoji under a message of the last 30 days; an empty one takes it back."""

    model_config = WIRE
    type: Literal["reaction"] = "reaction"
    wamid: str
    emoji: str


class OutboundReadReceipt(BaseModel):
    """The blue ticks for a message and all before it.

    WhatsApp gives it no id and tells no status: its outcome carries the id of the message read.
    """

    model_config = WIRE
    type: Literal["read_receipt"] = "read_receipt"
    wamid: str
    typing: bool | None = None
    """Show that we are typing, until we answer or 25 seconds have passed."""
