"""Our messages in the platform's words (Meta: POST /{version}/{phone_number_id}/messages)."""

from collections.abc import Mapping
from typing import Any, assert_never

from pydantic_core import to_json

from domain.events import OutgoingReply
from domain.messages import (
    OutboundButtons,
    OutboundContacts,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocation,
    OutboundLocationRequest,
    OutboundMedia,
    OutboundMessage,
    OutboundReaction,
    OutboundReadReceipt,
    OutboundTemplate,
    OutboundText,
)
from domain.ports.sending import SendRefused
from domain.values import ReplyId, write_uuid
from sender.adapters.graph_contact import contact
from sender.adapters.graph_interactive import interactive
from sender.adapters.graph_template import template


def encode(reply: OutgoingReply, reply_id: ReplyId) -> bytes:
    """Return the JSON of the request. Raises SendRefused when nobody is addressed."""
    to_somebody = not isinstance(reply.message, OutboundReadReceipt)
    body = {
        "messaging_product": "whatsapp",
        **(_frame(reply, reply_id) if to_somebody else {}),
        **_content(reply.message),
    }
    return to_json(body)


def _frame(reply: OutgoingReply, reply_id: ReplyId) -> Mapping[str, Any]:
    """Return what a message to a person needs; a read receipt names a message and nobody."""
    return {
        "recipient_type": "individual",
        **_addressee(reply),
        **({"context": {"message_id": reply.quotes}} if reply.quotes else {}),
        "biz_opaque_callback_data": write_uuid(reply_id).decode(),
    }


def _addressee(reply: OutgoingReply) -> Mapping[str, str]:
    """Without `+` Meta would prefix the business's own country code."""
    if reply.to:
        return {"to": f"+{reply.to.removeprefix('+')}"}
    if reply.user_id:
        return {"recipient": reply.user_id}
    raise SendRefused("no-addressee")


def _content(message: OutboundMessage) -> Mapping[str, Any]:
    match message:
        case OutboundText():
            preview = {"preview_url": True} if message.preview_url else {}
            return {"type": "text", "text": {"body": message.text, **preview}}
        case (
            OutboundButtons()
            | OutboundList()
            | OutboundLink()
            | OutboundFlow()
            | OutboundLocationRequest()
        ):
            return {"type": "interactive", "interactive": interactive(message)}
        case OutboundMedia():
            return {"type": message.type, message.type: _media(message)}
        case OutboundLocation():
            return {"type": "location", "location": _location(message)}
        case OutboundContacts():
            return {"type": "contacts", "contacts": [contact(card) for card in message.cards]}
        case OutboundReaction():
            reaction = {"message_id": message.wamid, "emoji": message.emoji}
            return {"type": "reaction", "reaction": reaction}
        case OutboundTemplate():
            return {"type": "template", "template": template(message)}
        case OutboundReadReceipt():
            typing = {"typing_indicator": {"type": "text"}} if message.typing else {}
            return {"status": "read", "message_id": message.wamid, **typing}
        case _:
            assert_never(message)


def _media(message: OutboundMedia) -> Mapping[str, Any]:
    media = {
        "id": message.media_id,
        "link": message.link,
        "caption": message.caption or None,
        "filename": message.file_name,
        "voice": message.voice,
    }
    return {key: value for key, value in media.items() if value is not None}


def _location(message: OutboundLocation) -> Mapping[str, str]:
    place = {
        "latitude": f"{message.latitude:.7f}",
        "longitude": f"{message.longitude:.7f}",
        "name": message.name,
        "address": message.address,
    }
    return {key: value for key, value in place.items() if value is not None}
