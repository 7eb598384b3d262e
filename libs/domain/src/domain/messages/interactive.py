"""Messages that a person answers by a tap (Meta: messages/interactive pages)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.messages.files import HeaderFile
from domain.wire import WIRE


class HeaderText(BaseModel):
    """A line above the words of a message."""

    model_config = WIRE
    type: Literal["text"] = "text"
    text: str


Header: TypeAlias = Annotated[HeaderText | HeaderFile, Field(discriminator="type")]


class Button(BaseModel):
    """A reply button."""

    model_config = WIRE
    id: str
    title: str


class Row(BaseModel):
    """A row of a list message."""

    model_config = WIRE
    id: str
    title: str
    description: str | None = None
    section: str | None = None
    """The heading that it stands under, together with its neighbours of the same heading."""


class OutboundButtons(BaseModel):
    """A question with reply buttons."""

    model_config = WIRE
    type: Literal["buttons"] = "buttons"
    header: Header | None = None
    text: str = Field(min_length=1)
    footer: str | None = None
    buttons: tuple[Button, ...]


class OutboundList(BaseModel):
    """A question with rows behind one button."""

    model_config = WIRE
    type: Literal["list"] = "list"
    header: HeaderText | None = None
    text: str = Field(min_length=1)
    footer: str | None = None
    button: str
    rows: tuple[Row, ...]


class OutboundLink(BaseModel):
    """Words with one button that opens an address."""

    model_config = WIRE
    type: Literal["cta_url"] = "cta_url"
    header: Header | None = None
    text: str = Field(min_length=1)
    footer: str | None = None
    button: str
    url: str


class OutboundFlow(BaseModel):
    """Words with one button that opens a WhatsApp Flow, known by its id or else its name."""

    model_config = WIRE
    type: Literal["flow"] = "flow"
    header: Header | None = None
    text: str = Field(min_length=1)
    footer: str | None = None
    button: str
    flow_id: str | None = None
    flow_name: str | None = None
    token: str
    """Comes back with the answer, which names no flow."""
    action: Literal["navigate", "data_exchange"] = "navigate"
    screen: str | None = None
    """Where to begin; with `data_exchange` the Flow's own endpoint says."""
    data: Mapping[str, Any] | None = None
    draft: bool | None = None
    """Open the unpublished version, for testing."""


class OutboundLocationRequest(BaseModel):
    """Words with one button that sends the person's location."""

    model_config = WIRE
    type: Literal["location_request"] = "location_request"
    text: str = Field(min_length=1)
