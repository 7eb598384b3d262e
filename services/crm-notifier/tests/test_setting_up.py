"""What an operator must say before crm-notifier starts, and what is refused."""

import pytest
from pydantic import ValidationError

from crm_notifier.__main__ import main
from crm_notifier.app import build, reader_of
from crm_notifier.settings import Settings

KEPT = {
    "CRM_NOTIFIER_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    "CRM_NOTIFIER_PORT": "0",
    "CRM_NOTIFIER_CRM": "webhook",
    "CRM_NOTIFIER_WEBHOOK_URL": "https://crm.test/hooks",
}


def settings(**given: object) -> Settings:
    return Settings.model_validate(
        {"kafka_bootstrap_servers": "127.0.0.1:1", "port": 0, "crm": "console"} | given
    )


def test_the_console_crm_needs_no_account() -> None:
    service = build(settings())

    assert service.name == "crm-notifier"


def test_the_webhook_crm_is_wired_from_address_and_secret(secret: str) -> None:
    given = settings(crm="webhook", webhook_url="https://crm.test/", webhook_secret=secret)

    service = build(given)

    assert [part.name for part in service.components] == ["health", "crm", "kafka", "events"]


@pytest.mark.parametrize("missing", ["webhook_url", "webhook_secret"])
def test_the_webhook_crm_needs_an_address_and_a_secret(missing: str, secret: str) -> None:
    given = {"webhook_url": "https://crm.test/", "webhook_secret": secret}
    del given[missing]
    with pytest.raises(ValidationError) as refusal:
        settings(crm="webhook", **given)

    assert [(problem["loc"], problem["type"]) for problem in refusal.value.errors()] == [
        ((missing,), "missing")
    ]


@pytest.mark.parametrize(
    "url", ["http://crm.test/", "ftp://crm.test/", "crm.test", "https://", "http://10.0.0.7/"]
)
def test_an_address_that_would_show_people_to_the_network_is_refused(url: str, secret: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        settings(crm="webhook", webhook_url=url, webhook_secret=secret)

    assert [problem["loc"] for problem in refusal.value.errors()] == [("webhook_url",)]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/", "http://[::1]:8/", "http://localhost/"])
def test_plain_http_is_fine_within_the_machine(url: str, secret: str) -> None:
    given = settings(crm="webhook", webhook_url=url, webhook_secret=secret)

    assert given.webhook_url is not None


def test_plain_http_to_another_machine_must_be_asked_for(secret: str) -> None:
    given = settings(
        crm="webhook",
        webhook_url="http://crm.test/",
        webhook_secret=secret,
        webhook_plain_http=True,
    )

    assert given.webhook_plain_http


def test_secrets_never_show_in_the_settings_or_their_errors(secret: str) -> None:
    token = "https://crm.test/t0k3n"
    shown = repr(settings(crm="webhook", webhook_url=token, webhook_secret=secret))
    with pytest.raises(ValidationError) as refusal:
        settings(crm="webhook", webhook_url="http://crm.test/t0k3n", webhook_secret=secret + "!")

    assert secret not in shown + str(refusal.value)
    assert "t0k3n" not in shown + str(refusal.value)


@pytest.mark.parametrize("taken_away", ["CRM_NOTIFIER_CRM", "CRM_NOTIFIER_WEBHOOK_SECRET"])
def test_a_missing_variable_is_named_in_one_line(
    taken_away: str,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (KEPT | {"CRM_NOTIFIER_WEBHOOK_SECRET": secret}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(taken_away)
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"cannot start: {taken_away} is missing\n"


def test_a_crm_with_a_name_of_its_own_has_its_own_position_and_parked_events() -> None:
    assert reader_of(settings(name="claims-desk")) == (
        "crm-notifier-claims-desk",
        "session-events.parked.crm-notifier-claims-desk",
        "session-events.redriven.crm-notifier-claims-desk",
    )


@pytest.mark.parametrize("chosen", [["everything"], ["contact", "gossip"], "contact"])
def test_what_nobody_can_be_told_of_is_refused(chosen: object) -> None:
    with pytest.raises(ValidationError, match="tell"):
        settings(tell=chosen)
