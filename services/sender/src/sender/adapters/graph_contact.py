"""Address cards in the platform's words (Meta: messages/contacts-messages)."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from domain.messages import Card

_NAMES = {
    "formatted": "formatted_name",
    "first": "first_name",
    "last": "last_name",
    "middle": "middle_name",
    "kind": "type",
}


def contact(card: Card) -> Mapping[str, Any]:
    """Return one object of the list under `contacts`."""
    parts = {
        "name": _part(card.name) if card.name else None,
        "phones": _parts(card.phones),
        "emails": _parts(card.emails),
        "addresses": _parts(card.addresses),
        "org": _part(card.organisation) if card.organisation else None,
        "urls": _parts(card.urls),
        "birthday": card.birthday,
    }
    return {key: part for key, part in parts.items() if part}


def _parts(parts: Iterable[BaseModel] | None) -> list[Mapping[str, str]]:
    return [_part(part) for part in parts or ()]


def _part(part: BaseModel) -> Mapping[str, str]:
    """Give each field Meta's name for it."""
    given = part.model_dump(exclude_none=True)
    return {_NAMES.get(key, key): value for key, value in given.items()}
