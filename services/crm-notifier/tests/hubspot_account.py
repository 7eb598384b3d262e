"""The account of the HubSpot on loopback: properties that were made, and what they take."""

KEYS = {
    "contacts": "whatsapp_contact_id",
    "tickets": "whatsapp_session_id",
    "communications": "whatsapp_event_id",
    "notes": "whatsapp_event_id",
}
KNOWN = {
    "contacts": {
        *("firstname", "lastname", "email", "phone", "hs_whatsapp_phone_number", "policy_number"),
        *("whatsapp_wa_id", "whatsapp_user_id", "whatsapp_profile_name"),
        *("whatsapp_opted_out", "whatsapp_erasure_requested", "whatsapp_contact_id"),
    },
    "tickets": {
        *("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id"),
        *("claim_amount", "whatsapp_session_id"),
    },
    "communications": {
        *("hs_communication_channel_type", "hs_communication_logged_from"),
        *("hs_communication_body", "hs_timestamp", "whatsapp_event_id"),
    },
    "notes": {"hs_note_body", "hs_timestamp", "hs_attachment_ids", "whatsapp_event_id"},
}
NUMBERS = {"tickets": 16, "communications": 81, "notes": 202}
NEEDED = {
    "contacts": set[str](),
    "tickets": {"subject", "hs_pipeline", "hs_pipeline_stage"},
    "communications": {
        *("hs_communication_channel_type", "hs_communication_logged_from", "hs_timestamp"),
    },
    "notes": {"hs_timestamp"},
}
ALLOWED = {
    "hs_communication_channel_type": {"WHATS_APP", "SMS", "LINKEDIN_MESSAGE"},
    "hs_communication_logged_from": {"CRM"},
    "hubspot_owner_id": {"71", "72"},
    "hs_pipeline_stage": {"1", "2", "3", "4", "77", "78"},
    "whatsapp_opted_out": {"true", "false"},
    "whatsapp_erasure_requested": {"true", "false"},
}
