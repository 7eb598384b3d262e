"""Places and cards that we send (Meta: messages/location-messages, contacts-messages)."""

from typing import Literal

from pydantic import BaseModel

from domain.messages.card import Card
from domain.wire import WIRE


class OutboundLocation(BaseModel):
    """A place on the map, in degrees."""

    model_config = WIRE
    type: Literal["location"] = "location"
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class OutboundContacts(BaseModel):
    """People's details, to be kept in the phone."""

    model_config = WIRE
    type: Literal["contacts"] = "contacts"
    cards: tuple[Card, ...]
