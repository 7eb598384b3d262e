"""Phone numbers as people write them, to `+` and digits (E.164)."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from domain.messages.card import Card
from domain.session.flows.words import one_line

_LONGEST = 16
"""The sign and the digits that E.164 allows."""
LONGEST_NAME = 100
"""Letters of a name that are kept of a card."""


def country_of(phone: str | None) -> str | None:
    """Return the country (ISO 3166-1) of a number in digits with its country code, if known."""
    if phone is None:
        return None
    try:
        number = phonenumbers.parse(f"+{phone}")
    except NumberParseException:
        return None
    code = number.country_code or 0
    found = phonenumbers.region_code_for_number(number) or _main_country(code)
    return found if found in phonenumbers.SUPPORTED_REGIONS else None


def read_phone(words: str, country: str | None) -> str | None:
    """Return the number in E.164, or none where it cannot be one.

    A number that its country did not give to anybody yet counts: the lists are never complete.
    """
    written = f"+{words[2:]}" if words.startswith("00") and country is None else words
    try:
        number = phonenumbers.parse(written, country)
    except NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    kept = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return kept if possible and not number.extension and len(kept) <= _LONGEST else None


def phone_on(card: Card, country: str | None) -> str | None:
    """Return the first number of an address card that can be one."""
    for one in card.phones or ():
        written = f"+{one.wa_id}" if one.wa_id else one.phone or ""
        if found := read_phone(written, country) or read_phone(one.phone or "", country):
            return found
    return None


def name_on(card: Card) -> str | None:
    """Return how the person on the card is called."""
    if card.name is None:
        return None
    parts = (card.name.first, card.name.middle, card.name.last)
    name = card.name.formatted or " ".join(part for part in parts if part)
    return one_line(name, LONGEST_NAME)


def _main_country(code: int) -> str:
    return phonenumbers.region_code_for_country_code(code)
