"""Statuses, preferences, and what travels under other fields (Meta: webhooks/overview)."""

from typing import Any

from meta.messages import PHONE, USER_ID

_SENT: dict[str, Any] = {
    "id": "wamid.X",
    "status": "sent",
    "timestamp": "1795435100",
    "recipient_id": PHONE,
}

STATUSES: tuple[dict[str, Any], ...] = (
    {
        **_SENT,
        "conversation": {"id": "c", "expiration_timestamp": "1", "origin": {"type": "service"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "service"},
        "biz_opaque_callback_data": "2e2b8f0e-6a0c-5d0b-9a51-6b7d2f1f6e10",
    },
    {**_SENT, "status": "delivered", "timestamp": 1795435100},
    {**_SENT, "status": "read", "biz_opaque_callback_data": "not ours"},
    {**_SENT, "status": "played"},
    {**_SENT, "status": "failed", "errors": [{"code": 131047, "title": "Re-engagement message"}]},
    {**_SENT, "status": "failed", "errors": [{"code": "131026"}, "odd"]},
    {**_SENT, "status": "deleted"},
    {**_SENT, "status": "warning", "errors": []},
    {"id": "wamid.X", "status": "sent", "recipient_user_id": USER_ID, "timestamp": "1795435100"},
    {"id": "wamid.X", "status": "read"},
    {**_SENT, "recipient_type": "group", "recipient_id": "group-1"},
    {**_SENT, "recipient_identity_key_hash": "h"},
)

PREFERENCES: tuple[dict[str, Any], ...] = (
    {
        "wa_id": PHONE,
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": 1795435100,
        "detail": "User requested to stop",
    },
    {"user_id": USER_ID, "category": "marketing_messages", "value": "resume", "timestamp": "1"},
    {"wa_id": PHONE, "value": "signup", "category": "marketing_messages", "signup_id": "s"},
    {"wa_id": PHONE, "value": "stop", "category": "invented_tomorrow"},
)

CONTACTS: tuple[dict[str, Any], ...] = (
    {"profile": {"name": "Ada Lovelace"}, "wa_id": PHONE},
    {"profile": {"name": "Ada", "username": "@ada"}, "wa_id": PHONE, "user_id": USER_ID},
    {"profile": {"name": "Ada"}, "user_id": USER_ID, "parent_user_id": "US.ENT.1"},
    {"profile": {}, "wa_id": "", "identity_key_hash": "h"},
    {},
)

OTHER_FIELDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("message_template_status_update", {"event": "APPROVED", "message_template_id": 1}),
    ("message_template_quality_update", {"new_quality_score": "RED", "message_template_id": 1}),
    ("message_template_components_update", {"message_template_id": 1}),
    ("template_category_update", {"new_category": "MARKETING", "message_template_id": 1}),
    ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}),
    ("account_alerts", {"entity_type": "WABA", "alert_info": {"alert_type": "x"}}),
    ("account_review_update", {"decision": "APPROVED"}),
    ("business_capability_update", {"max_phone_numbers_per_waba": 2}),
    ("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_1K"}),
    ("phone_number_name_update", {"decision": "APPROVED"}),
    ("security", {"event": "PIN_CHANGED", "requester": "1"}),
    ("history", {"history": [{"threads": [{"id": PHONE, "messages": [{"id": "wamid.OLD"}]}]}]}),
    ("smb_message_echoes", {"message_echoes": [{"from": "1", "to": PHONE, "id": "wamid.ECHO"}]}),
    ("smb_app_state_sync", {"state_sync": [{"type": "contact", "action": "add"}]}),
    ("calls", {"calls": [{"id": "wacid.1", "event": "connect"}]}),
    ("calls", {"statuses": [{"id": "wacid.1", "status": "RINGING"}]}),
    ("group_lifecycle_update", {"groups": [{"group_id": "g"}]}),
    ("flows", {"event": "FLOW_STATUS_CHANGE"}),
    ("standby", {"messages": [{"id": "wamid.S"}]}),
    ("invented_tomorrow", {"anything": True}),
)
