"""Every shape of an inbound message (Meta: webhooks/reference/messages)."""

from typing import Any

PHONE, USER_ID = "15551234567", "US.13491208655302741918"
_WHO: dict[str, Any] = {"from": PHONE, "id": "wamid.X", "timestamp": "1795435100"}
_FILE = {"id": "1013859600285441", "mime_type": "image/jpeg", "sha256": "c29tZSBieXRlcw=="}
_CARD = {
    "name": {"formatted_name": "Ada Lovelace", "first_name": "Ada"},
    "phones": [{"phone": "+1 555", "wa_id": "1555", "type": "CELL"}],
    "emails": [{"email": "ada@example.org", "type": "WORK"}],
    "org": {"company": "Engines"},
    "birthday": "1815-12-10",
}
_FLOW = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t","age":"7"}'}
_ERROR = {"code": 131051, "title": "Unsupported", "error_data": {"details": "not known"}}


def _message(kind: str, **more: Any) -> dict[str, Any]:
    return {**_WHO, "type": kind, **more}


def _tap(kind: str, **reply: Any) -> dict[str, Any]:
    return _message("interactive", interactive={"type": kind, kind: reply}, context=_CONTEXT)


_CONTEXT = {"from": "15550783881", "id": "wamid.OURS"}
_REFERRAL = {
    "source_url": "https://fb.me/x",
    "source_id": "1",
    "source_type": "ad",
    "headline": "Cars",
    "media_type": "image",
    "image_url": "https://fb.me/i",
    "ctwa_clid": "clid",
    "welcome_message": {"text": "Hi"},
}

MESSAGES: tuple[dict[str, Any], ...] = (
    _message("text", text={"body": "Hello 🚗"}),
    _message("text", text={"body": ""}),
    _message("text", text={"body": "an ad"}, referral=_REFERRAL),
    _message("text", text={"body": "passed on"}, context={"forwarded": True}),
    _message("text", text={"body": "of many"}, context={"frequently_forwarded": True}),
    _message("text", text={"body": "in a group"}, group_id="group-1"),
    _message(
        "text",
        text={"body": "that one"},
        context={**_CONTEXT, "referred_product": {"catalog_id": "1", "product_retailer_id": "2"}},
    ),
    _message("image", image={**_FILE, "caption": "my car", "url": "https://example.org/i"}),
    _message("video", video={**_FILE, "mime_type": "video/mp4"}),
    _message("audio", audio={**_FILE, "mime_type": "audio/ogg; codecs=opus", "voice": True}),
    _message("voice", voice={**_FILE, "mime_type": "audio/ogg"}),
    _message("document", document={**_FILE, "filename": "Rechnung ä.pdf", "caption": "this"}),
    _message("sticker", sticker={**_FILE, "animated": True}),
    _message("location", location={"latitude": 52.5, "longitude": 13.4, "name": "Home"}),
    _message("location", location={"latitude": "52.5", "longitude": "13.4"}),
    {**_WHO, "location": {"latitude": 1, "longitude": 2}},
    _message("contacts", contacts=[_CARD, {"phones": [{"phone": "1"}]}]),
    _message("contacts", contacts=[{**_CARD, "origin": "other", "vcard": "BEGIN:VCARD"}]),
    _tap("button_reply", id="yes", title="Yes"),
    _tap("list_reply", id="row-1", title="Row", description="One"),
    _tap("nfm_reply", **_FLOW),
    _tap("nfm_reply", name="address_message", body="Sent", response_json="{not json"),
    _tap("nfm_reply", name="flow", response_json="[]"),
    _tap("call_permission_reply", response="accept", is_permanent=False),
    _tap("product", id="1"),
    _message("interactive", errors=[_ERROR]),
    _message("button", button={"payload": "STOP", "text": "Stop promotions"}, context=_CONTEXT),
    _message("button", button={"text": "Stop promotions"}),
    _message(
        "order",
        order={
            "catalog_id": "1",
            "text": "please",
            "product_items": [
                {"product_retailer_id": "a", "quantity": "2", "item_price": 1.5, "currency": "EUR"},
                {"product_retailer_id": "b", "quantity": 1, "item_price": "3", "currency": "EUR"},
            ],
        },
    ),
    _message("reaction", reaction={"message_id": "wamid.OURS", "emoji": "👍"}),
    _message("reaction", reaction={"message_id": "wamid.OURS", "emoji": ""}),
    _message("reaction", reaction={"message_id": "wamid.OURS"}),
    _message("system", system={"type": "user_changed_number", "body": "…", "wa_id": "15550000000"}),
    _message("system", system={"type": "customer_changed_number", "new_wa_id": "15550000000"}),
    {
        "id": "wamid.X",
        "timestamp": "1795435100",
        "type": "system",
        "system": {
            "type": "user_changed_user_id",
            "body": "…",
            "user_id": "US.2",
            "previous_user_id": USER_ID,
        },
    },
    _message(
        "system",
        system={"type": "customer_identity_changed", "body": "…"},
        identity={"acknowledged": True, "created_timestamp": "1", "hash": "h"},
    ),
    _message("unsupported", errors=[_ERROR], unsupported={"type": "poll_creation"}),
    _message("unknown", errors=[_ERROR]),
    _message("request_welcome"),
    _message("ephemeral"),
    _message(
        "edit",
        edit={
            "original_message_id": "wamid.B",
            "message": {"context": {"id": "c"}, "type": "text", "text": {"body": "mended"}},
        },
    ),
    _message("revoke", revoke={"original_message_id": "wamid.B"}),
    _message("invented_tomorrow", invented_tomorrow={"anything": [1, {"at": "all"}]}),
    {**_message("text", text={"body": "who?"}), "from": "", "from_user_id": USER_ID},
    {**_message("text", text={"body": "who?"}), "from": USER_ID},
    {**_message("text", text={"body": "late"}), "timestamp": 1795435100},
    {"from_user_id": USER_ID, "id": "wamid.X", "type": "text", "text": {"body": "no number"}},
)
