"""What a person can send, typed (Meta: webhooks/reference/messages)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.wire import WIRE


class InboundText(BaseModel):
    """Words, also taps on ice-breakers and slash commands."""

    model_config = WIRE
    type: Literal["text"] = "text"
    text: str


class InboundMedia(BaseModel):
    """A file the person sent; its bytes are fetched by `media_id` within seven days."""

    model_config = WIRE
    type: Literal["image", "video", "audio", "document", "sticker"]
    media_id: str
    mime_type: str
    sha256: str | None = None
    """Base64, as in webhooks."""
    caption: str | None = None
    file_name: str | None = None
    url: str | None = None
    voice: bool = False


class InboundLocation(BaseModel):
    """A place on the map, in degrees."""

    model_config = WIRE
    type: Literal["location"] = "location"
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class InboundChoice(BaseModel):
    """A tap on one of our buttons or list rows, or on a template's quick reply."""

    model_config = WIRE
    type: Literal["button_reply", "list_reply", "template_button"]
    id: str
    title: str


class InboundUnsupported(BaseModel):
    """Something that WhatsApp itself could not hand over; `code` says why."""

    model_config = WIRE
    type: Literal["unsupported"] = "unsupported"
    code: int | None = None
    title: str | None = None


class InboundUnknown(BaseModel):
    """A type that this version does not know, kept whole."""

    model_config = WIRE
    type: Literal["unknown"] = "unknown"
    original_type: str | None = None
    raw: Mapping[str, Any]


InboundMessage: TypeAlias = Annotated[
    InboundText
    | InboundMedia
    | InboundLocation
    | InboundChoice
    | InboundUnsupported
    | InboundUnknown,
    Field(discriminator="type"),
]
