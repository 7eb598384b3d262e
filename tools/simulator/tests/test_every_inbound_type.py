"""Whatever a person can send arrives in a webhook as it was given (webhooks/reference/messages)."""

from typing import Any

import httpx
import pytest

from simulator.testing import FakeBusiness

USER = "/simulator/users/15550001111"
MEDIA = {"id": "1", "mime_type": "image/png", "sha256": "c2hh"}
REFERRAL = {"source_url": "https://fb.me/1", "source_type": "ad", "ctwa_clid": "c"}
CARD = {"name": {"formatted_name": "Ben"}, "phones": [{"phone": "+1 555", "wa_id": "1555"}]}
ORDER = {"catalog_id": "1", "product_items": [{"product_retailer_id": "p", "quantity": "2"}]}
FLOW = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t"}'}
CALLS = {"response": "accept", "is_permanent": False, "expiration_timestamp": "1795000000"}
ERROR = {"code": 131051, "title": "Unsupported", "error_data": {"details": "no"}}
EDITED = {"context": {"id": "wamid.1"}, "type": "text", "text": {"body": "better"}}

MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "hi"}},
    "text with an ad before it": {"type": "text", "text": {"body": "hi"}, "referral": REFERRAL},
    "text that was forwarded": {
        "type": "text",
        "text": {"body": "hi"},
        "context": {"frequently_forwarded": True},
    },
    "image": {"type": "image", "image": {**MEDIA, "caption": "Look"}},
    "video": {"type": "video", "video": {**MEDIA, "mime_type": "video/mp4"}},
    "audio": {"type": "audio", "audio": {**MEDIA, "voice": True}},
    "voice": {"type": "voice", "voice": MEDIA},
    "document": {"type": "document", "document": {**MEDIA, "filename": "ä.pdf"}},
    "sticker": {"type": "sticker", "sticker": {**MEDIA, "animated": False}},
    "location": {"type": "location", "location": {"latitude": 1.5, "longitude": -2}},
    "contacts": {"type": "contacts", "contacts": [CARD]},
    "button reply": {
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}},
    },
    "list reply": {
        "type": "interactive",
        "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Noon"}},
    },
    "flow reply": {
        "type": "interactive",
        "interactive": {"type": "nfm_reply", "nfm_reply": FLOW},
    },
    "call permission": {
        "type": "interactive",
        "interactive": {"type": "call_permission_reply", "call_permission_reply": CALLS},
    },
    "template button": {"type": "button", "button": {"payload": "STOP", "text": "Stop"}},
    "order": {"type": "order", "order": ORDER},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}},
    "reaction taken back": {"type": "reaction", "reaction": {"message_id": "wamid.1"}},
    "system": {"type": "system", "system": {"type": "customer_identity_changed", "body": "x"}},
    "unsupported": {
        "type": "unsupported",
        "errors": [ERROR],
        "unsupported": {"type": "poll_creation"},
    },
    "unknown": {"type": "unknown", "errors": [ERROR]},
    "request_welcome": {"type": "request_welcome"},
    "edit": {"type": "edit", "edit": {"original_message_id": "wamid.1", "message": EDITED}},
    "revoke": {"type": "revoke", "revoke": {"original_message_id": "wamid.1"}},
    "ephemeral": {"type": "ephemeral"},
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_every_type_of_message_arrives_as_it_was_written(
    name: str, client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    answer = await client.post(f"{USER}/messages", json=MESSAGES[name])

    [value] = await business.webhooks(1)
    [message] = value["messages"]
    assert MESSAGES[name].items() <= message.items()
    assert message["id"] == answer.json()["wamid"]
    assert message["timestamp"].isdigit()
