"""The kinds of change: which go where the account's news go, which concern people."""

ACCOUNT_FIELDS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_username_update",
        "calls",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_echoes",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "smb_message_echoes",
        "standby",
        "template_category_update",
        "user_preferences",
    }
)
"""Every documented field but `messages` (Meta, webhooks/overview)."""

ECHO_FIELDS = frozenset({"message_echoes", "smb_message_echoes"})
"""What a colleague wrote to people from the phone app."""

CONVERSATION_FIELDS = frozenset({"messages", "user_preferences", *ECHO_FIELDS})
"""What is also about people, so that it has to be for a number of ours."""
