"""News about the account, typed where Meta documents a shape (webhooks/reference)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain import account_updates as news
from ingress.use_cases.account_people import address_book, calls, echoes, history, preferences
from ingress.use_cases.lenient import JsonObject, identifier, instant, objects, part, text
from ingress.use_cases.lenient import whole_number as whole
from ingress.use_cases.surroundings import errors_of


def typed(field: str, value: object) -> news.AccountUpdate | None:
    """Return the news typed; None where no shape is documented or there is another one."""
    read = _READERS.get(field)
    return read(value) if read is not None and isinstance(value, dict) else None


def _template_status(value: JsonObject) -> news.TemplateStatus:
    about, rejection = part(value, "other_info"), part(value, "rejection_info")
    return news.TemplateStatus(
        **_template(value),
        event=text(value.get("event")),
        category=text(value.get("message_template_category")),
        reason=text(rejection.get("reason")) or text(value.get("reason")),
        recommendation=text(rejection.get("recommendation")),
        disabled_on=text(part(value, "disable_info").get("disable_date")),
        title=text(about.get("title")),
        description=text(about.get("description")),
    )


def _template_quality(value: JsonObject) -> news.TemplateQuality:
    return news.TemplateQuality(
        **_template(value),
        before=text(value.get("previous_quality_score")),
        now=text(value.get("new_quality_score")),
    )


def _template_components(value: JsonObject) -> news.TemplateComponents:
    return news.TemplateComponents(
        **_template(value),
        element=text(value.get("message_template_element")),
        title=text(value.get("message_template_title")),
        footer=text(value.get("message_template_footer")),
        buttons=tuple(objects(value.get("message_template_buttons"))) or None,
    )


def _template_category(value: JsonObject) -> news.TemplateCategory:
    return news.TemplateCategory(
        **_template(value),
        before=text(value.get("previous_category")),
        now=text(value.get("new_category")),
        correct=text(value.get("correct_category")),
        at=instant(value.get("category_update_timestamp")),
    )


def _template(value: JsonObject) -> dict[str, str | None]:
    return {
        "template_id": text(value.get("message_template_id")),
        "template_name": text(value.get("message_template_name")),
        "language": text(value.get("message_template_language")),
    }


def _account(value: JsonObject) -> news.AccountChanged:
    ban = part(value, "ban_info")
    restrictions = [
        news.Restriction(
            restriction=text(one.get("restriction_type")), expires_at=instant(one.get("expiration"))
        )
        for one in objects(value.get("restriction_info"))
    ]
    return news.AccountChanged(
        event=text(value.get("event")),
        violation=text(part(value, "violation_info").get("violation_type")),
        ban_state=text(ban.get("waba_ban_state")),
        ban_date=text(ban.get("waba_ban_date")),
        restrictions=restrictions or None,
    )


def _alert(value: JsonObject) -> news.AccountAlert:
    alert = part(value, "alert_info") or value
    return news.AccountAlert(
        entity_type=text(value.get("entity_type")),
        entity_id=text(value.get("entity_id")),
        severity=text(alert.get("alert_severity")),
        status=text(alert.get("alert_status")),
        alert=text(alert.get("alert_type")),
        description=text(alert.get("alert_description")),
    )


def _review(value: JsonObject) -> news.AccountReview:
    return news.AccountReview(decision=text(value.get("decision")))


def _capability(value: JsonObject) -> news.Capability:
    conversations = value.get("max_daily_conversations_per_business")
    numbers = value.get("max_phone_numbers_per_business")
    return news.Capability(
        max_daily_conversations=whole(
            value.get("max_daily_conversation_per_phone")
            if conversations is None
            else conversations
        ),
        max_phone_numbers=whole(
            value.get("max_phone_numbers_per_waba") if numbers is None else numbers
        ),
    )


def _number_quality(value: JsonObject) -> news.NumberQuality:
    return news.NumberQuality(
        display_phone_number=text(value.get("display_phone_number")),
        event=text(value.get("event")),
        current_limit=text(value.get("current_limit")),
        old_limit=text(value.get("old_limit")),
        max_daily_conversations=text(value.get("max_daily_conversations_per_business")),
    )


def _number_name(value: JsonObject) -> news.NumberName:
    return news.NumberName(
        display_phone_number=text(value.get("display_phone_number")),
        decision=text(value.get("decision")),
        requested_name=text(value.get("requested_verified_name")),
        rejection_reason=text(value.get("rejection_reason")),
    )


def _security(value: JsonObject) -> news.Security:
    return news.Security(
        display_phone_number=text(value.get("display_phone_number")),
        event=text(value.get("event")),
        requester=text(value.get("requester")),
    )


def _flow(value: JsonObject) -> news.FlowHealth:
    return news.FlowHealth(event=text(value.get("event")))


def _trouble(value: JsonObject) -> news.Trouble | None:
    errors = errors_of(value)
    number = identifier(part(value, "metadata").get("phone_number_id"))
    return news.Trouble(phone_number_id=number, errors=errors) if errors else None


_READERS: Mapping[str, Callable[[JsonObject], news.AccountUpdate | None]] = MappingProxyType(
    {
        "message_template_status_update": _template_status,
        "message_template_quality_update": _template_quality,
        "message_template_components_update": _template_components,
        "template_category_update": _template_category,
        "account_update": _account,
        "account_alerts": _alert,
        "account_review_update": _review,
        "business_capability_update": _capability,
        "phone_number_quality_update": _number_quality,
        "phone_number_name_update": _number_name,
        "security": _security,
        "flows": _flow,
        "user_preferences": preferences,
        "message_echoes": echoes,
        "smb_message_echoes": echoes,
        "history": history,
        "smb_app_state_sync": address_book,
        "calls": calls,
        "messages": _trouble,
    }
)
"""What Meta documents no shape of is passed on as it came, and no more."""
