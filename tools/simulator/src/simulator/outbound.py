"""What Meta lets a business send: each type with its limits (messages pages; openapi v23)."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from simulator.graph_errors import (
    BAD_VALUE,
    INVALID_PARAMETER,
    MEDIA_UPLOAD,
    MISSING_PARAMETER,
    UNSUPPORTED_TYPE,
    GraphError,
)
from simulator.interactive import check_interactive
from simulator.shapes import choice, items, length, mapping, text

MediaKind: TypeAlias = Callable[[str], str | None]
"""Gives the kind (`image`, …) of an uploaded media id, None for an id nobody uploaded."""

Check: TypeAlias = Callable[[Mapping[str, Any], MediaKind], None]

CALLBACK_DATA = 512
CAPTION = 1024
CARDS = 257
TEXT = 4096
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


def _check_interactive(body: Mapping[str, Any], _: MediaKind) -> None:
    check_interactive(mapping(body, "interactive"))


def _check_media(kind: str) -> Check:
    def check(body: Mapping[str, Any], media_kind: MediaKind) -> None:
        content = mapping(body, kind)
        if ("id" in content) == ("link" in content):
            raise GraphError(INVALID_PARAMETER, f"Param {kind} needs either id or link")
        if "link" in content:
            _check_link(content, kind)
        else:
            _check_uploaded(text(content, "id", f"{kind}.id"), kind, media_kind)
        _check_media_options(content, kind)

    return check


def _check_link(content: Mapping[str, Any], kind: str) -> None:
    if not text(content, "link", f"{kind}.link").startswith(("https://", "http://")):
        raise GraphError(BAD_VALUE, f"Param {kind}.link is not a URL")


def _check_uploaded(media_id: str, kind: str, media_kind: MediaKind) -> None:
    uploaded = media_kind(media_id)
    if uploaded is None:
        raise GraphError(BAD_VALUE, f"Param {kind}.id is not a media id of this number")
    if uploaded != kind:
        raise GraphError(MEDIA_UPLOAD, f"The media is {uploaded}, not {kind}")


def _check_media_options(content: Mapping[str, Any], kind: str) -> None:
    if "caption" in content:
        if kind not in {"image", "video", "document"}:
            raise GraphError(INVALID_PARAMETER, f"Param caption is not allowed for {kind}")
        length(content, "caption", f"{kind}.caption", most=CAPTION, least=0)
    if "filename" in content and kind != "document":
        raise GraphError(INVALID_PARAMETER, f"Param filename is not allowed for {kind}")


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


def _check_reaction(body: Mapping[str, Any], _: MediaKind) -> None:
    reaction = mapping(body, "reaction")
    text(reaction, "message_id", "reaction.message_id")
    if not isinstance(reaction.get("emoji"), str):
        raise GraphError(MISSING_PARAMETER, "Param reaction.emoji is required")


def _check_template(body: Mapping[str, Any], _: MediaKind) -> None:
    template = mapping(body, "template")
    text(template, "name", "template.name")
    text(mapping(template, "language", "template.language"), "code", "template.language.code")
    for component in items(template, "components", "template.components", least=0, optional=True):
        kind = choice(component, "type", {"header", "body", "button"}, "template.components.type")
        if kind == "button":
            text(component, "sub_type", "template.components.sub_type")
            if "index" not in component:
                raise GraphError(MISSING_PARAMETER, "Param template.components.index is required")


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
