"""What we can say to a person, typed (Meta: messages/send-messages)."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.messages.template import OutboundTemplate
from domain.wire import WIRE


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
    OutboundText | OutboundButtons | OutboundList | OutboundTemplate, Field(discriminator="type")
]
