"""What Meta lets a business send: each type with its limits (messages pages; openapi v23)."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from simulator.graph_errors import (
    BAD_VALUE,
    INVALID_PARAMETER,
    MISSING_PARAMETER,
    UNSUPPORTED_TYPE,
    GraphError,
)
from simulator.interactive import check_interactive
from simulator.sent_files import MediaKind, check_media
from simulator.shapes import choice, items, length, mapping, text
from simulator.template_components import check_template

Check: TypeAlias = Callable[[Mapping[str, Any], MediaKind], None]

CALLBACK_DATA = 512
CARDS = 257
TEXT = 4096
EMOJI = 16
"""Characters of the longest emoji, a family or a flag of a region, and some to spare."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PHONE = re.compile(r"\+?[\d\s().-]{7,24}")


def check_message(body: Mapping[str, Any], media_kind: MediaKind) -> None:
    """Raise GraphError with Meta's code for the first thing wrong with a message to send."""
    check_frame(body)
    _check_recipient(body)
    kind = text(body, "type") if "type" in body else "text"
    check = CHECKS.get(kind)
    if check is None:
        raise GraphError(UNSUPPORTED_TYPE, f"Param type must be one of {sorted(CHECKS)}")
    content = body.get(kind)
    if content is None:
        raise GraphError(MISSING_PARAMETER, f"Param {kind} is required for type {kind}")
    check(body, media_kind)
    _check_options(body)


def check_frame(body: Mapping[str, Any]) -> None:
    """Raise GraphError unless the body speaks of WhatsApp at all."""
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(INVALID_PARAMETER, "Param messaging_product must be 'whatsapp'")


def check_receipt(body: Mapping[str, Any]) -> str:
    """Return the id of the message that was read. Raises GraphError."""
    check_frame(body)
    if "typing_indicator" in body:
        typing = mapping(body, "typing_indicator")
        choice(typing, "type", {"text"}, "typing_indicator.type")
    return text(body, "message_id")


def _check_recipient(body: Mapping[str, Any]) -> None:
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(INVALID_PARAMETER, "Param recipient_type must be 'individual'")
    if "to" not in body and "recipient" not in body:
        raise GraphError(MISSING_PARAMETER, "Param to is required")
    if "to" in body and not PHONE.fullmatch(text(body, "to")):
        raise GraphError(BAD_VALUE, "Param to is not a phone number")
    if "to" not in body:
        text(body, "recipient")


def _check_options(body: Mapping[str, Any]) -> None:
    if "biz_opaque_callback_data" in body:
        length(body, "biz_opaque_callback_data", most=CALLBACK_DATA)
    if "context" in body:
        text(mapping(body, "context"), "message_id", "context.message_id")


def _check_text(body: Mapping[str, Any], _: MediaKind) -> None:
    content = mapping(body, "text")
    length(content, "body", "text.body", most=TEXT, code=INVALID_PARAMETER)
    if not isinstance(content.get("preview_url", False), bool):
        raise GraphError(INVALID_PARAMETER, "Param text.preview_url must be a boolean")


def _check_interactive(body: Mapping[str, Any], media_kind: MediaKind) -> None:
    check_interactive(mapping(body, "interactive"), media_kind)


def _check_media(kind: str) -> Check:
    def check(body: Mapping[str, Any], media_kind: MediaKind) -> None:
        check_media(mapping(body, kind), kind, media_kind)

    return check


def _check_location(body: Mapping[str, Any], _: MediaKind) -> None:
    place = mapping(body, "location")
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name not in place:
            raise GraphError(MISSING_PARAMETER, f"Param location.{name} is required")
        try:
            degrees = float(place[name])
        except (TypeError, ValueError):
            raise GraphError(BAD_VALUE, f"Param location.{name} is not a number") from None
        if not -most <= degrees <= most:
            raise GraphError(BAD_VALUE, f"Param location.{name} is out of range")


def _check_contacts(body: Mapping[str, Any], _: MediaKind) -> None:
    for card in items(body, "contacts", most=CARDS):
        text(mapping(card, "name", "contacts.name"), "formatted_name", "contacts.formatted_name")
        for phone in items(card, "phones", "contacts.phones", least=0, optional=True):
            text(phone, "phone", "contacts.phones.phone")
        if "birthday" in card and not DAY.fullmatch(text(card, "birthday", "contacts.birthday")):
            raise GraphError(BAD_VALUE, "Param contacts.birthday is not of the form YYYY-MM-DD")


def _check_reaction(body: Mapping[str, Any], _: MediaKind) -> None:
    reaction = mapping(body, "reaction")
    text(reaction, "message_id", "reaction.message_id")
    emoji = reaction.get("emoji")
    if not isinstance(emoji, str):
        raise GraphError(MISSING_PARAMETER, "Param reaction.emoji is required")
    if len(emoji) > EMOJI or any(char.isalnum() and char.isascii() for char in emoji):
        raise GraphError(BAD_VALUE, "Param reaction.emoji is not an emoji")


def _check_template(body: Mapping[str, Any], media_kind: MediaKind) -> None:
    check_template(mapping(body, "template"), media_kind)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "text": _check_text,
        "interactive": _check_interactive,
        "location": _check_location,
        "contacts": _check_contacts,
        "reaction": _check_reaction,
        "template": _check_template,
        **{kind: _check_media(kind) for kind in ("image", "video", "audio", "document", "sticker")},
    }
)
