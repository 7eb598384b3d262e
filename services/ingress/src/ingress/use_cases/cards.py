"""Address cards as WhatsApp writes them (Meta: webhooks/reference/messages/contacts)."""

from collections.abc import Callable
from typing import TypeVar

from domain.messages import (
    Card,
    CardAddress,
    CardEmail,
    CardName,
    CardOrganisation,
    CardPhone,
    CardUrl,
    InboundContacts,
)
from ingress.use_cases.lenient import JsonObject, objects, part, text

PartT = TypeVar("PartT")


def cards_of(message: JsonObject) -> InboundContacts | None:
    """Return the cards; None where there are none."""
    beside = text(message.get("origin")), text(message.get("vcard"))
    cards = tuple(_card(card, *beside) for card in objects(message.get("contacts")))
    return InboundContacts(cards=cards) if cards else None


def _card(card: JsonObject, origin: str | None, vcard: str | None) -> Card:
    """Origin and vcard stand on the card or beside it, both were seen."""
    return Card(
        name=_name(part(card, "name")),
        phones=_each(card, "phones", _phone),
        emails=_each(card, "emails", _email),
        urls=_each(card, "urls", _url),
        addresses=_each(card, "addresses", _address),
        organisation=_organisation(part(card, "org")),
        birthday=text(card.get("birthday")),
        origin=text(card.get("origin")) or origin,
        vcard=text(card.get("vcard")) or vcard,
    )


def _each(
    card: JsonObject, key: str, read: Callable[[JsonObject], PartT | None]
) -> tuple[PartT, ...] | None:
    found = (read(one) for one in objects(card.get(key)))
    return tuple(one for one in found if one is not None) or None


def _name(name: JsonObject) -> CardName | None:
    if not name:
        return None
    return CardName(
        formatted=text(name.get("formatted_name")),
        first=text(name.get("first_name")),
        last=text(name.get("last_name")),
        middle=text(name.get("middle_name")),
        prefix=text(name.get("prefix")),
        suffix=text(name.get("suffix")),
    )


def _phone(phone: JsonObject) -> CardPhone:
    return CardPhone(
        phone=text(phone.get("phone")),
        wa_id=text(phone.get("wa_id")),
        kind=text(phone.get("type")),
    )


def _email(email: JsonObject) -> CardEmail | None:
    found = text(email.get("email"))
    return CardEmail(email=found, kind=text(email.get("type"))) if found else None


def _url(url: JsonObject) -> CardUrl | None:
    found = text(url.get("url"))
    return CardUrl(url=found, kind=text(url.get("type"))) if found else None


def _address(address: JsonObject) -> CardAddress:
    return CardAddress(
        street=text(address.get("street")),
        city=text(address.get("city")),
        state=text(address.get("state")),
        zip=text(address.get("zip")),
        country=text(address.get("country")),
        country_code=text(address.get("country_code")),
        kind=text(address.get("type")),
    )


def _organisation(org: JsonObject) -> CardOrganisation | None:
    if not org:
        return None
    return CardOrganisation(
        company=text(org.get("company")),
        department=text(org.get("department")),
        title=text(org.get("title")),
    )
