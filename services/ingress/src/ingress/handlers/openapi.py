"""The OpenAPI document of `/webhook`; `make schemas` writes it to docs/reference."""

import json
from collections.abc import Mapping
from typing import Any

_TEXT: Mapping[str, Any] = {"type": "string"}
_CLOSED = {"Connection": {"schema": {"const": "close"}, "description": "It is closed."}}


def _query(name: str, description: str) -> Mapping[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": _TEXT}


def _answer(description: str, **more: Any) -> Mapping[str, Any]:
    return {"description": description, **more}


_VERIFY: Mapping[str, Any] = {
    "operationId": "verify",
    "summary": "Give the challenge back to who knows the token (Meta asks when subscribing).",
    "parameters": [
        _query("hub.mode", "`subscribe`"),
        _query("hub.verify_token", "The token that both sides know."),
        _query("hub.challenge", "Given back as it is."),
    ],
    "responses": {
        "200": _answer("The challenge.", content={"text/plain": {"schema": _TEXT}}),
        "403": _answer("Another token, or another mode."),
    },
}

_RECEIVE: Mapping[str, Any] = {
    "operationId": "receive",
    "summary": "Take one webhook in; any answer but 200 makes WhatsApp repeat it.",
    "description": (
        "Any JSON is taken, and any bytes: what is not understood is parked, and WhatsApp is"
        " thanked for it. Up to 4 MiB."
    ),
    "security": [{"signature": []}],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Webhook"}}},
    },
    "responses": {
        "200": _answer("Everything is kept: as commands, as account news, or parked."),
        "401": _answer("The signature is missing or wrong; the body was not parsed."),
        "408": _answer("The body did not come in time.", headers=_CLOSED),
        "413": _answer("Larger than 4 MiB.", headers=_CLOSED),
        "503": _answer("Kafka did not acknowledge in time, or too many bytes are in flight."),
    },
}

_CHANGE: Mapping[str, Any] = {
    "type": "object",
    "required": ["field", "value"],
    "properties": {"field": _TEXT, "value": {"type": "object"}},
}
_ENTRY: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "changes"],
    "properties": {"id": _TEXT, "changes": {"type": "array", "items": _CHANGE}},
}
_WEBHOOK: Mapping[str, Any] = {
    "type": "object",
    "required": ["object", "entry"],
    "properties": {
        "object": {"const": "whatsapp_business_account"},
        "entry": {"type": "array", "items": _ENTRY},
    },
}

DOCUMENT: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "ingress",
        "summary": "The two requests that WhatsApp makes of a business.",
        "version": "1",
    },
    "paths": {"/webhook": {"get": _VERIFY, "post": _RECEIVE}},
    "components": {
        "schemas": {"Webhook": _WEBHOOK},
        "securitySchemes": {
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Hub-Signature-256",
                "description": "`sha256=` and the hex HMAC-SHA256 of the bytes of the body.",
            }
        },
    },
}


def openapi() -> str:
    """Give the document as it is published."""
    return json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"
