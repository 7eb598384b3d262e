"""Messages that are answered by a tap, in the platform's words (Meta: messages/interactive)."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, TypeAlias, assert_never

from domain.messages import (
    Header,
    HeaderFile,
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocationRequest,
    Row,
)

Interactive: TypeAlias = (
    OutboundButtons | OutboundList | OutboundLink | OutboundFlow | OutboundLocationRequest
)
_FLOW_MESSAGE_VERSION = "3"


def interactive(message: Interactive) -> Mapping[str, Any]:
    """Return the object under `interactive`."""
    match message:
        case OutboundButtons():
            return _framed("button", message, {"buttons": _buttons(message)})
        case OutboundList():
            action = {"button": message.button, "sections": _sections(message)}
            return _framed("list", message, action)
        case OutboundLink():
            parameters = {"display_text": message.button, "url": message.url}
            return _framed("cta_url", message, {"name": "cta_url", "parameters": parameters})
        case OutboundFlow():
            return _framed("flow", message, {"name": "flow", "parameters": _flow(message)})
        case OutboundLocationRequest():
            return {
                "type": "location_request_message",
                "body": {"text": message.text},
                "action": {"name": "send_location"},
            }
        case _:
            assert_never(message)


def _framed(
    kind: str,
    message: OutboundButtons | OutboundList | OutboundLink | OutboundFlow,
    action: Mapping[str, Any],
) -> Mapping[str, Any]:
    return {
        "type": kind,
        **({"header": _header(message.header)} if message.header else {}),
        "body": {"text": message.text},
        **({"footer": {"text": message.footer}} if message.footer else {}),
        "action": action,
    }


def _header(header: Header) -> Mapping[str, Any]:
    if not isinstance(header, HeaderFile):
        return {"type": "text", "text": header.text}
    return {"type": header.type, header.type: file_of(header)}


def file_of(header: HeaderFile) -> Mapping[str, str]:
    """Return where the file is, and what a document is called."""
    file = {"id": header.media_id, "link": header.link, "filename": header.file_name}
    return {key: value for key, value in file.items() if value is not None}


def _buttons(message: OutboundButtons) -> list[Mapping[str, Any]]:
    return [
        {"type": "reply", "reply": {"id": button.id, "title": button.title}}
        for button in message.buttons
    ]


def _sections(message: OutboundList) -> list[Mapping[str, Any]]:
    return [
        {**({"title": title} if title else {}), "rows": [_row(row) for row in rows]}
        for title, rows in groupby(message.rows, key=lambda row: row.section)
    ]


def _row(row: Row) -> Mapping[str, str]:
    return row.model_dump(exclude_none=True, exclude={"section"})


def _flow(message: OutboundFlow) -> Mapping[str, Any]:
    begin = {"screen": message.screen, "data": message.data and dict(message.data)}
    payload = {key: value for key, value in begin.items() if value}
    known_by = {"flow_id": message.flow_id, "flow_name": message.flow_name}
    return {
        "flow_message_version": _FLOW_MESSAGE_VERSION,
        **{key: value for key, value in known_by.items() if value},
        "flow_token": message.token,
        "flow_cta": message.button,
        "flow_action": message.action,
        **({"flow_action_payload": payload} if payload else {}),
        **({"mode": "draft"} if message.draft else {}),
    }
