"""What a person can send and what we can answer, typed (Meta: webhooks/reference/messages)."""

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


class Button(BaseModel):
    """A reply button: at most three, titles of at most 20 characters (Meta, interactive)."""

    model_config = WIRE
    id: str = Field(min_length=1, max_length=256)
    title: str = Field(min_length=1, max_length=20)


class Row(BaseModel):
    """A row of a list message."""

    model_config = WIRE
    id: str = Field(min_length=1, max_length=200)
    title: str = Field(min_length=1, max_length=24)
    description: str | None = Field(default=None, max_length=72)


class OutboundText(BaseModel):
    """Words for the person."""

    model_config = WIRE
    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=4096)


class OutboundButtons(BaseModel):
    """A question with up to three reply buttons."""

    model_config = WIRE
    type: Literal["buttons"] = "buttons"
    text: str = Field(min_length=1, max_length=1024)
    buttons: tuple[Button, ...] = Field(min_length=1, max_length=3)


class OutboundList(BaseModel):
    """A question with up to ten rows behind one button."""

    model_config = WIRE
    type: Literal["list"] = "list"
    text: str = Field(min_length=1, max_length=4096)
    button: str = Field(min_length=1, max_length=20)
    rows: tuple[Row, ...] = Field(min_length=1, max_length=10)


OutboundMessage: TypeAlias = Annotated[
    OutboundText | OutboundButtons | OutboundList, Field(discriminator="type")
]
