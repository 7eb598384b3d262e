"""The person's phone, as the simulator plays it."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from domain.messages import (
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMessage,
    InboundText,
    Referral,
)
from flow.transcript import Sending

_BEGINNINGS: Mapping[str, bytes] = {
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "video/mp4": b"\0\0\0\x18ftypmp42",
    "video/3gpp": b"\0\0\0\x18ftyp3gp5",
    "audio/mp4": b"\0\0\0\x18ftypM4A ",
    "audio/mpeg": b"ID3",
    "audio/aac": b"ADIF",
    "audio/amr": b"#!AMR",
    "audio/ogg": b"OggS",
    "application/pdf": b"%PDF-1.7\n",
}
"""By which a file is known to be of its type; other types begin as ZIP archives do."""


class Phone:
    """Sends what the person sends."""

    def __init__(self, http: httpx.AsyncClient, wa_id: str) -> None:
        self._http = http
        self.wa_id = wa_id
        self._url = f"/simulator/users/{wa_id}"

    async def introduce(self, name: str) -> None:
        """Tell the name that the business gets to see."""
        await self._told("PUT", "", {"name": name})

    async def close_window(self) -> None:
        """Be somebody who has not written for 24 hours."""
        await self._told("PUT", "", {"window": "closed"})

    async def send(self, message: InboundMessage, referral: Referral | None) -> str:
        """Send a message that is no file; return its wamid."""
        body = _body(message)
        if referral is not None:
            body["referral"] = referral.model_dump(exclude_none=True)
        return str((await self._told("POST", "/messages", body))["wamid"])

    async def send_file(self, sending: Sending, *, size: int, broken: bool) -> str:
        """Send a file, of the type that it says it is unless it is broken; return the wamid."""
        begin = b"" if broken else _BEGINNINGS.get(sending.mime_type, b"PK\x03\x04")
        content = begin + b"\0" * max(1, size - len(begin))
        name = sending.file_name or "file"
        answer = await self._http.post(
            f"{self._url}/messages",
            files={"file": (name, content, sending.mime_type)},
            data={"caption": sending.caption or "", "type": sending.type},
        )
        return str(answer.raise_for_status().json()["wamid"])

    async def tell_status(self, wamid: str, status: str) -> None:
        """Let WhatsApp say how far a message of ours got."""
        told: dict[str, Any] = {"id": wamid, "status": status}
        if status == "failed":
            told["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        await self._told("POST", "/statuses", told)

    async def _told(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._http.request(method, self._url + path, json=body)
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


def _body(message: InboundMessage) -> dict[str, Any]:
    """Give a message as it is in a webhook."""
    match message:
        case InboundText(text=text):
            return {"type": "text", "text": {"body": text}}
        case InboundChoice(type="template_button"):
            return {"type": "button", "button": {"payload": message.id, "text": message.title}}
        case InboundChoice():
            choice = message.model_dump(include={"id", "title", "description"}, exclude_none=True)
            tapped = {"type": message.type, message.type: choice}
            return {"type": "interactive", "interactive": tapped}
        case InboundLocation():
            where = message.model_dump(exclude={"type"}, exclude_none=True)
            return {"type": "location", "location": where}
        case InboundContacts(cards=cards):
            return {"type": "contacts", "contacts": [_card(card) for card in cards]}
        case InboundFlowReply():
            filled_in = json.dumps(dict(message.response or {}))
            reply = {"name": "flow", "body": "Sent", "response_json": filled_in}
            told = {"type": "nfm_reply", "nfm_reply": reply}
            return {"type": "interactive", "interactive": told}
        case _:
            raise ValueError(f"no transcript sends a message of the type {message.type}")


def _card(card: Any) -> dict[str, Any]:
    phones = [{"phone": one.phone, "type": "CELL"} for one in card.phones or ()]
    return {"name": {"formatted_name": card.name.formatted}, "phones": phones}
