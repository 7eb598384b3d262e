"""Address cards that people share (Meta: webhooks/reference/messages/contacts)."""

from typing import Literal

from pydantic import BaseModel

from domain.wire import WIRE


class CardName(BaseModel):
    """How the person on the card is called."""

    model_config = WIRE
    formatted: str | None = None
    first: str | None = None
    last: str | None = None
    middle: str | None = None
    prefix: str | None = None
    suffix: str | None = None


class CardPhone(BaseModel):
    """A number on the card, as it was typed in; `wa_id` where it is on WhatsApp."""

    model_config = WIRE
    phone: str | None = None
    wa_id: str | None = None
    kind: str | None = None


class CardEmail(BaseModel):
    """A mail address on the card."""

    model_config = WIRE
    email: str
    kind: str | None = None


class CardUrl(BaseModel):
    """A web address on the card."""

    model_config = WIRE
    url: str
    kind: str | None = None


class CardAddress(BaseModel):
    """A postal address on the card."""

    model_config = WIRE
    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    kind: str | None = None


class CardOrganisation(BaseModel):
    """Where the person on the card works."""

    model_config = WIRE
    company: str | None = None
    department: str | None = None
    title: str | None = None


class Card(BaseModel):
    """One address card. Whose it is, it does not say: nobody is recognised by it."""

    model_config = WIRE
    name: CardName | None = None
    phones: tuple[CardPhone, ...] | None = None
    emails: tuple[CardEmail, ...] | None = None
    urls: tuple[CardUrl, ...] | None = None
    addresses: tuple[CardAddress, ...] | None = None
    organisation: CardOrganisation | None = None
    birthday: str | None = None
    origin: str | None = None
    """`contact_request` when it answers our asking for the number, `other` when not."""
    vcard: str | None = None


class InboundContacts(BaseModel):
    """Address cards."""

    model_config = WIRE
    type: Literal["contacts"] = "contacts"
    cards: tuple[Card, ...]
