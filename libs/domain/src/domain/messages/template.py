"""A message that Meta approved beforehand (Meta: messages/template-messages).

Only templates reach a person outside the 24-hour window.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.messages.files import HeaderFile
from domain.wire import WIRE


class TextParameter(BaseModel):
    """Words for a variable; `name` where the template names its variables instead of numbering."""

    model_config = WIRE
    type: Literal["text"] = "text"
    text: str
    name: str | None = None


class CurrencyParameter(BaseModel):
    """An amount in thousandths of the currency with this ISO 4217 code."""

    model_config = WIRE
    type: Literal["currency"] = "currency"
    code: str
    amount_1000: int
    fallback: str
    """What is shown where the amount cannot be localised."""
    name: str | None = None


class DateTimeParameter(BaseModel):
    """A moment, as it shall be shown."""

    model_config = WIRE
    type: Literal["date_time"] = "date_time"
    fallback: str
    name: str | None = None


BodyParameter: TypeAlias = Annotated[
    TextParameter | CurrencyParameter | DateTimeParameter, Field(discriminator="type")
]
HeaderParameter: TypeAlias = Annotated[
    TextParameter | CurrencyParameter | DateTimeParameter | HeaderFile,
    Field(discriminator="type"),
]


class QuickReplyButton(BaseModel):
    """What comes back as the id of the tap; without it the button's label does."""

    model_config = WIRE
    type: Literal["quick_reply"] = "quick_reply"
    index: int
    """Which button of the template, from 0."""
    payload: str


class UrlButton(BaseModel):
    """The end of the button's address."""

    model_config = WIRE
    type: Literal["url"] = "url"
    index: int
    text: str


class FlowButton(BaseModel):
    """What a WhatsApp Flow begins with; the token comes back with its answer."""

    model_config = WIRE
    type: Literal["flow"] = "flow"
    index: int
    token: str
    data: Mapping[str, Any] | None = None


class CopyCodeButton(BaseModel):
    """The code that a tap copies."""

    model_config = WIRE
    type: Literal["copy_code"] = "copy_code"
    index: int
    code: str


class CatalogButton(BaseModel):
    """The product whose picture stands for the catalogue."""

    model_config = WIRE
    type: Literal["catalog"] = "catalog"
    index: int
    product: str


TemplateButton: TypeAlias = Annotated[
    QuickReplyButton | UrlButton | FlowButton | CopyCodeButton | CatalogButton,
    Field(discriminator="type"),
]


class OutboundTemplate(BaseModel):
    """A template of the business account, by name and language."""

    model_config = WIRE
    type: Literal["template"] = "template"
    name: str
    language: str
    """Meta's code, such as `en` or `pt_BR`."""
    category: Literal["marketing", "utility", "authentication"] | None = None
    """How Meta classified it, as far as we were told; it is not sent."""
    header: HeaderParameter | None = None
    body: tuple[BodyParameter, ...] | None = None
    buttons: tuple[TemplateButton, ...] | None = None
