"""The doctor says what a token lacks, and whether what people write reaches us."""

from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.checks.platform import judge_token
from agentctl.checks.webhook import judge_apps, judge_fields
from agentctl.findings import Finding

NOW = 1_795_000_000.0
ACCOUNT, APP, HOOK = "102", "670", "https://chat.example.com/webhook"
TOKEN: Mapping[str, Any] = {
    "is_valid": True,
    "app_id": APP,
    "type": "SYSTEM_USER",
    "expires_at": 0,
    "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
    "granular_scopes": [{"scope": "whatsapp_business_messaging"}],
}
OURS = {"whatsapp_business_api_data": {"id": APP}}
FIELDS = [
    {"name": name}
    for name in (
        *("messages", "account_update", "message_template_status_update"),
        *("phone_number_quality_update", "user_preferences"),
    )
]
SUBSCRIBED = {
    "object": "whatsapp_business_account",
    "active": True,
    "callback_url": HOOK,
    "fields": FIELDS,
}


def token(**changes: Any) -> Sequence[Finding]:
    return list(judge_token({**TOKEN, **changes}, account=ACCOUNT, app=APP, now=NOW))


def apps(*found: Mapping[str, Any]) -> Sequence[Finding]:
    return list(judge_apps(found, app=APP, webhook=HOOK, account=ACCOUNT))


def fields(*found: Mapping[str, Any]) -> Sequence[Finding]:
    return list(judge_fields(found, webhook=HOOK))


def test_a_system_users_token_with_both_rights_is_fine() -> None:
    assert [one.state for one in token()] == ["ok"]


def test_a_token_that_is_not_valid_needs_a_new_one() -> None:
    [problem] = token(is_valid=False)

    assert problem.state == "failed"
    assert "system user" in problem.mend


def test_each_right_that_a_token_lacks_is_named_with_what_it_is_needed_for() -> None:
    [problem] = token(scopes=["whatsapp_business_messaging"])

    assert "lacks whatsapp_business_management" in problem.what
    assert problem.state == "failed"


def test_a_token_for_another_account_is_told() -> None:
    scoped = [{"scope": "whatsapp_business_messaging", "target_ids": ["999"]}]

    [problem, _] = token(granular_scopes=scoped)

    assert "not granted for business account 102" in problem.what


def test_a_token_of_another_app_is_told() -> None:
    [problem, _] = token(app_id="1")

    assert problem.what == "it belongs to app 1, not 670"


def test_a_token_that_soon_expires_is_a_warning() -> None:
    [problem, _] = token(expires_at=int(NOW) + 2 * 24 * 3600)

    assert (problem.state, problem.what) == ("warning", "it expires in 2.0 days")


def test_a_persons_token_is_a_warning() -> None:
    [problem, _] = token(type="USER")

    assert problem.state == "warning"


def test_an_account_that_our_app_hears_of_is_fine() -> None:
    assert [one.state for one in apps(OURS)] == ["ok"]


def test_an_account_that_only_another_app_hears_of_fails() -> None:
    [problem] = apps({"whatsapp_business_api_data": {"id": "1"}})

    assert problem.what == "app 670 hears nothing of business account 102"
    assert "subscribed_apps" in problem.mend


def test_an_account_whose_webhooks_go_elsewhere_fails() -> None:
    [problem] = apps({**OURS, "override_callback_uri": "https://old.example.com/"})

    assert problem.what == "the account's webhooks go to https://old.example.com/"


def test_an_app_that_hears_of_everything_at_our_address_is_fine() -> None:
    assert fields(SUBSCRIBED) == []


def test_an_app_that_does_not_hear_of_messages_fails() -> None:
    [problem] = fields({**SUBSCRIBED, "fields": [{"name": "account_update"}]})

    assert (problem.state, problem.what) == ("failed", "the app does not hear of messages")


def test_an_app_that_hears_of_messages_alone_is_a_warning() -> None:
    [problem] = fields({**SUBSCRIBED, "fields": [{"name": "messages"}]})

    assert problem.state == "warning"


def test_an_app_whose_webhooks_go_elsewhere_fails() -> None:
    [problem] = fields({**SUBSCRIBED, "callback_url": "https://old.example.com/"})

    assert problem.what == f"the app's webhooks go to https://old.example.com/, not to {HOOK}"


def test_an_app_without_a_webhook_fails() -> None:
    assert [one.state for one in fields()] == ["failed"]
    assert [one.state for one in fields({**SUBSCRIBED, "active": False})] == ["failed"]
