"""What a person can send, typed (Meta: webhooks/reference/messages)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, Field

from domain.messages.card import InboundContacts
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
    """Lives for five minutes, needs the access token, and may be absent: the id counts."""
    voice: bool = False
    animated: bool | None = None
    """Of stickers."""


class InboundLocation(BaseModel):
    """A place on the map, in degrees."""

    model_config = WIRE
    type: Literal["location"] = "location"
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    url: str | None = None


class InboundChoice(BaseModel):
    """A tap on one of our buttons or list rows, or on a template's quick reply."""

    model_config = WIRE
    type: Literal["button_reply", "list_reply", "template_button"]
    id: str
    title: str
    description: str | None = None
    """Of list rows."""


class InboundFlowReply(BaseModel):
    """A form that the person filled in; which one, only `flow_token` tells."""

    model_config = WIRE
    type: Literal["flow_reply"] = "flow_reply"
    name: str | None = None
    """`flow` or `address_message`."""
    body: str | None = None
    flow_token: str | None = None
    response: Mapping[str, Any] | None = None
    """What was filled in; absent when WhatsApp's text of it is missing or no JSON object."""
    response_json: str | None = None
    """WhatsApp's text of it, where it is no JSON object."""


class InboundCallPermission(BaseModel):
    """Whether the business may call the person."""

    model_config = WIRE
    type: Literal["call_permission"] = "call_permission"
    response: str
    """`accept` or `reject`."""
    permanent: bool | None = None
    expires_at: AwareDatetime | None = None
    source: str | None = None


class OrderItem(BaseModel):
    """One line of an order."""

    model_config = WIRE
    product_id: str | None = None
    """The business's own id (`product_retailer_id`)."""
    quantity: float | None = None
    price: float | None = None
    """Of one piece."""
    currency: str | None = None


class InboundOrder(BaseModel):
    """What the person wants from a catalogue of the business."""

    model_config = WIRE
    type: Literal["order"] = "order"
    catalog_id: str | None = None
    text: str | None = None
    items: tuple[OrderItem, ...]


class InboundReaction(BaseModel):
    """An emoji on a message; without emoji it was taken away."""

    model_config = WIRE
    type: Literal["reaction"] = "reaction"
    target_wamid: str
    emoji: str | None = None


class IdentityCheck(BaseModel):
    """The key of the person's new phone, in the older way of telling (Meta, identity-change)."""

    model_config = WIRE
    acknowledged: bool | None = None
    created_at: str | None = None
    hash: str | None = None


class InboundSystem(BaseModel):
    """WhatsApp, not the person, tells of the person: a number or an id changed, for example."""

    model_config = WIRE
    type: Literal["system"] = "system"
    change: str | None = None
    """`user_changed_number`, `user_changed_user_id`, `customer_identity_changed`, ..."""
    body: str | None = None
    wa_id: str | None = None
    """From now on, like the two that follow."""
    user_id: str | None = None
    parent_user_id: str | None = None
    previous_user_id: str | None = None
    previous_parent_user_id: str | None = None
    identity: IdentityCheck | None = None


class InboundWelcomeRequest(BaseModel):
    """The person opened the chat for the first time and said nothing yet."""

    model_config = WIRE
    type: Literal["request_welcome"] = "request_welcome"


class InboundUnsupported(BaseModel):
    """Something that WhatsApp itself could not hand over; `code` says why."""

    model_config = WIRE
    type: Literal["unsupported"] = "unsupported"
    code: int | None = None
    title: str | None = None
    original_type: str | None = None
    """What it was, such as `poll_creation`, where WhatsApp says so."""


class InboundUnknown(BaseModel):
    """A type that this version does not know, kept whole."""

    model_config = WIRE
    type: Literal["unknown"] = "unknown"
    original_type: str | None = None
    raw: Mapping[str, Any]


InboundContent: TypeAlias = (
    InboundText
    | InboundMedia
    | InboundLocation
    | InboundContacts
    | InboundChoice
    | InboundFlowReply
    | InboundCallPermission
    | InboundOrder
    | InboundReaction
    | InboundSystem
    | InboundWelcomeRequest
    | InboundUnsupported
    | InboundUnknown
)


class InboundEdit(BaseModel):
    """Another wording of a message that the person sent before."""

    model_config = WIRE
    type: Literal["edit"] = "edit"
    original_wamid: str
    message: Annotated[InboundContent, Field(discriminator="type")]


class InboundRevoke(BaseModel):
    """The person took back a message."""

    model_config = WIRE
    type: Literal["revoke"] = "revoke"
    original_wamid: str


InboundMessage: TypeAlias = Annotated[
    InboundContent | InboundEdit | InboundRevoke, Field(discriminator="type")
]
"""More types may come: readers treat one that they do not know as they treat `unknown`."""
