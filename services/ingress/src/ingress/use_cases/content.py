"""What a person sent, typed (Meta: webhooks/reference/messages)."""

from domain.messages import (
    InboundChoice,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundText,
    InboundUnknown,
    InboundUnsupported,
)
from ingress.use_cases.lenient import (
    JsonObject,
    Unreadable,
    identifier,
    number,
    objects,
    part,
    required,
    text,
    whole_number,
)

_NAMED_BY_KEY = (
    "text",
    "image",
    "video",
    "audio",
    "voice",
    "document",
    "sticker",
    "location",
    "interactive",
    "button",
    "unsupported",
)
_ANY_BYTES = "application/octet-stream"


def content_of(message: JsonObject) -> InboundMessage:
    """Return the content; a type nobody foresaw is kept whole. Raises Unreadable."""
    kind = text(message.get("type")) or _inferred(message)
    match kind:
        case "text":
            return _text(message)
        case "image" | "video" | "audio" | "document" | "sticker":
            return _media(message, kind, kind)
        case "voice":
            return _media(message, "audio", kind)
        case "location":
            return _location(message)
        case "interactive":
            return _reply(message) or _unknown(message, kind)
        case "button":
            return _template_button(message) or _unknown(message, kind)
        case "unsupported":
            return _unsupported(message)
        case _:
            return _unknown(message, kind)


def _inferred(message: JsonObject) -> str | None:
    return next((name for name in _NAMED_BY_KEY if isinstance(message.get(name), dict)), None)


def _text(message: JsonObject) -> InboundText:
    body = part(message, "text").get("body")
    return InboundText(text="" if body == "" else required(text(body), ".text.body"))


def _media(message: JsonObject, kind: str, key: str) -> InboundMedia:
    media = part(message, key)
    return InboundMedia.model_validate(
        {
            "type": kind,
            "media_id": required(identifier(media.get("id")), f".{key}.id"),
            "mime_type": text(media.get("mime_type")) or _ANY_BYTES,
            "sha256": text(media.get("sha256")),
            "caption": text(media.get("caption")),
            "file_name": text(media.get("filename")),
            "url": text(media.get("url")),
            "voice": key == "voice" or media.get("voice") is True,
        }
    )


def _location(message: JsonObject) -> InboundLocation:
    location = part(message, "location")
    latitude, longitude = number(location.get("latitude")), number(location.get("longitude"))
    if latitude is None or longitude is None:
        raise Unreadable(".location")
    return InboundLocation(
        latitude=latitude,
        longitude=longitude,
        name=text(location.get("name")),
        address=text(location.get("address")),
    )


def _reply(message: JsonObject) -> InboundChoice | None:
    interactive = part(message, "interactive")
    button, row = part(interactive, "button_reply"), part(interactive, "list_reply")
    if chosen := text(button.get("id")):
        return InboundChoice(type="button_reply", id=chosen, title=text(button.get("title")) or "")
    if chosen := text(row.get("id")):
        return InboundChoice(type="list_reply", id=chosen, title=text(row.get("title")) or "")
    return None


def _template_button(message: JsonObject) -> InboundChoice | None:
    button = part(message, "button")
    payload, label = text(button.get("payload")), text(button.get("text"))
    chosen = payload or label
    if chosen is None:
        return None
    return InboundChoice(type="template_button", id=chosen, title=label or chosen)


def _unsupported(message: JsonObject) -> InboundUnsupported:
    error = next(objects(message.get("errors")), {})
    kind = part(message, "unsupported").get("type")
    return InboundUnsupported(
        code=whole_number(error.get("code")), title=text(error.get("title")) or text(kind)
    )


def _unknown(message: JsonObject, kind: str | None) -> InboundUnknown:
    return InboundUnknown(original_type=kind, raw=message)
