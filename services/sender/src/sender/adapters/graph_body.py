"""Our messages in the platform's words (Meta: POST /{version}/{phone_number_id}/messages)."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

from domain.events import OutgoingReply
from domain.messages import (
    OutboundButtons,
    OutboundList,
    OutboundMessage,
    OutboundTemplate,
    OutboundText,
    Row,
)
from domain.ports.sending import SendRefused
from domain.values import ReplyId
from sender.adapters.graph_template import template

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(reply: OutgoingReply, reply_id: ReplyId) -> bytes:
    """Return the JSON of the request. Raises SendRefused when nobody is addressed."""
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_addressee(reply),
        **_content(reply.message),
        "biz_opaque_callback_data": str(reply_id),
    }
    return _JSON.encode(body).encode()


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
            return {"type": "text", "text": {"body": message.text}}
        case OutboundButtons():
            return _interactive("button", message.text, {"buttons": _buttons(message)})
        case OutboundList():
            sections = [{"rows": [_row(row) for row in message.rows]}]
            action = {"button": message.button, "sections": sections}
            return _interactive("list", message.text, action)
        case OutboundTemplate():
            return {"type": "template", "template": template(message)}
        case _:
            assert_never(message)


def _interactive(kind: str, text: str, action: Mapping[str, Any]) -> Mapping[str, Any]:
    interactive = {"type": kind, "body": {"text": text}, "action": action}
    return {"type": "interactive", "interactive": interactive}


def _buttons(message: OutboundButtons) -> list[Mapping[str, Any]]:
    return [
        {"type": "reply", "reply": {"id": button.id, "title": button.title}}
        for button in message.buttons
    ]


def _row(row: Row) -> Mapping[str, str]:
    return row.model_dump(exclude_none=True)
