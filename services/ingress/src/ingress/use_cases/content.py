"""What a person sent, typed (Meta: webhooks/reference/messages)."""

from domain.messages import (
    IdentityCheck,
    InboundEdit,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundOrder,
    InboundReaction,
    InboundRevoke,
    InboundSystem,
    InboundText,
    InboundUnknown,
    InboundUnsupported,
    InboundWelcomeRequest,
    OrderItem,
)
from ingress.use_cases.cards import cards_of
from ingress.use_cases.lenient import (
    JsonObject,
    Unreadable,
    flag,
    identifier,
    number,
    objects,
    part,
    required,
    text,
    whole_number,
)
from ingress.use_cases.taps import interactive, template_button

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
    "order",
    "reaction",
    "system",
    "edit",
    "revoke",
    "unsupported",
)
_ANY_BYTES = "application/octet-stream"


def content_of(message: JsonObject) -> InboundMessage:
    """Return the content; what nobody foresaw is kept whole. Raises Unreadable."""
    kind = text(message.get("type")) or _inferred(message)
    try:
        return _typed(message, kind) or _unknown(message, kind)
    except Unreadable:
        if any(objects(message.get("errors"))):
            return _unsupported(message, kind)
        raise


def _typed(message: JsonObject, kind: str | None) -> InboundMessage | None:
    match kind:
        case "text":
            return _text(message)
        case "image" | "video" | "audio" | "document" | "sticker":
            return _media(message, kind, kind)
        case "voice":
            return _media(message, "audio", kind)
        case "location":
            return _location(message)
        case "contacts":
            return cards_of(message)
        case "interactive":
            return interactive(message)
        case "button":
            return template_button(message)
        case "request_welcome":
            return InboundWelcomeRequest()
        case "unsupported":
            return _unsupported(message, kind)
        case "unknown" if any(objects(message.get("errors"))):
            return _unsupported(message, kind)  # its older name
        case "order":
            return _order(part(message, "order"))
        case "reaction":
            return _reaction(part(message, "reaction"))
        case "system":
            return _system(message)
        case "edit":
            return _edit(part(message, "edit"))
        case "revoke":
            return _revoke(part(message, "revoke"))
        case _:
            return None


def _inferred(message: JsonObject) -> str | None:
    if isinstance(message.get("contacts"), list):
        return "contacts"
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
            "animated": flag(media.get("animated")),
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
        url=text(location.get("url")),
    )


def _order(order: JsonObject) -> InboundOrder | None:
    items = tuple(_item(item) for item in objects(order.get("product_items")))
    if not items:
        return None
    return InboundOrder(
        catalog_id=text(order.get("catalog_id")), text=text(order.get("text")), items=items
    )


def _item(item: JsonObject) -> OrderItem:
    return OrderItem(
        product_id=text(item.get("product_retailer_id")),
        quantity=number(item.get("quantity")),
        price=number(item.get("item_price")),
        currency=text(item.get("currency")),
    )


def _reaction(reaction: JsonObject) -> InboundReaction | None:
    target = identifier(reaction.get("message_id"))
    if target is None:
        return None
    return InboundReaction(target_wamid=target, emoji=text(reaction.get("emoji")))


def _system(message: JsonObject) -> InboundSystem | None:
    system, identity = part(message, "system"), part(message, "identity")
    if not system:
        return None
    return InboundSystem(
        change=text(system.get("type")),
        body=text(system.get("body")),
        wa_id=identifier(system.get("wa_id")) or identifier(system.get("new_wa_id")),
        user_id=identifier(system.get("user_id")),
        parent_user_id=identifier(system.get("parent_user_id")),
        previous_user_id=identifier(system.get("previous_user_id")),
        previous_parent_user_id=identifier(system.get("previous_parent_user_id")),
        identity=IdentityCheck(
            acknowledged=flag(identity.get("acknowledged")),
            created_at=text(identity.get("created_timestamp")),
            hash=text(identity.get("hash")),
        )
        if identity
        else None,
    )


def _edit(edit: JsonObject) -> InboundEdit | None:
    original, message = identifier(edit.get("original_message_id")), part(edit, "message")
    if original is None or not message:
        return None
    try:
        content = content_of(message)
    except Unreadable:
        return None
    if isinstance(content, InboundEdit | InboundRevoke):
        return None
    return InboundEdit(original_wamid=original, message=content)


def _revoke(revoke: JsonObject) -> InboundRevoke | None:
    original = identifier(revoke.get("original_message_id"))
    return InboundRevoke(original_wamid=original) if original else None


def _unsupported(message: JsonObject, kind: str | None) -> InboundUnsupported:
    error = next(objects(message.get("errors")), {})
    said = text(part(message, "unsupported").get("type"))
    named = None if kind in {"unsupported", "unknown"} else kind
    return InboundUnsupported(
        code=whole_number(error.get("code")),
        title=text(error.get("title")) or said,
        original_type=said or named,
    )


def _unknown(message: JsonObject, kind: str | None) -> InboundUnknown:
    return InboundUnknown(original_type=kind, raw=message)
