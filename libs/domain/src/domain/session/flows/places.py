"""Places and address cards as answers."""

import re
from typing import Any

from domain.messages import InboundContacts, InboundLocation
from domain.session.flows.lettering import in_latin_digits
from domain.session.flows.phones import LONGEST_NAME, name_on, phone_on, read_phone
from domain.session.flows.words import one_line

LONGEST_ADDRESS = 300
"""Letters that are kept of it."""
_DEGREES = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,15})?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d{1,15})?)")
_NAME_AND_NUMBER = re.compile(r"([^\d+]*[^\d+,;:(\s-])[\s,;:(-]+(\+?[\d(][\d\s()./-]{4,30})")


def place(message: InboundLocation) -> dict[str, Any] | None:
    """Return the place as the flow knows it, or none where it is not on earth."""
    if not (-90 <= message.latitude <= 90 and -180 <= message.longitude <= 180):  # noqa: PLR2004
        return None
    return {
        "latitude": message.latitude,
        "longitude": message.longitude,
        "name": one_line(message.name, LONGEST_NAME),
        "address": one_line(message.address, LONGEST_ADDRESS),
    }


def typed_place(words: str) -> dict[str, Any] | None:
    """Return the place of degrees that are written out: not every device can send a place."""
    if not (found := _DEGREES.fullmatch(in_latin_digits(words))):
        return None
    return place(InboundLocation(latitude=float(found[1]), longitude=float(found[2])))


def in_degrees(place: dict[str, Any]) -> str:
    """Return latitude and longitude, to a tenth of a metre."""
    return f"{_short(place['latitude'])},{_short(place['longitude'])}"


def card(message: InboundContacts, country: str | None) -> dict[str, Any] | None:
    """Return name and number of the first card with a number, or none."""
    for one in message.cards:
        if phone := phone_on(one, country):
            return {"name": name_on(one), "phone": phone}
    return None


def typed_card(words: str, country: str | None) -> dict[str, Any] | None:
    """Return the name and the number behind it, of who has no card to send."""
    found = _NAME_AND_NUMBER.fullmatch(words)
    phone = read_phone(found[2], country) if found else None
    if found is None or phone is None:
        return None
    return {"name": one_line(found[1], LONGEST_NAME), "phone": phone}


def on_one_line(card: dict[str, Any]) -> str:
    """Return name and number."""
    return ", ".join(part for part in (card["name"], card["phone"]) if part)


def _short(degrees: float) -> str:
    written = f"{degrees:.6f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written
