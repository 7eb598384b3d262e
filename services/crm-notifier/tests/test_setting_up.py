"""What an operator must say before crm-notifier starts, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from crm_notifier.__main__ import main
from crm_notifier.app import build, reader_of
from crm_notifier.mapping import contact_fields
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

    assert [part.name for part in service.components] == [
        *("health", "crm", "kafka", "beginning", "events")
    ]


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


@pytest.mark.parametrize("host", ["10.0.0.7", "169.254.169.254", "[fd00:ec2::254]", "127.9.9.9"])
def test_a_crm_within_our_own_network_must_be_asked_for(host: str, secret: str) -> None:
    given = {"crm": "webhook", "webhook_url": f"https://{host}/", "webhook_secret": secret}
    with pytest.raises(ValidationError) as refusal:
        settings(**given)

    assert [problem["loc"] for problem in refusal.value.errors()] == [("webhook_url",)]
    assert settings(**given, private_network=True).private_network


def test_a_secret_can_be_replaced_while_the_receiver_knows_the_older_one(secret: str) -> None:
    given = {"crm": "webhook", "webhook_url": "https://crm.test/", "webhook_secret": secret}

    assert settings(**given, webhook_old_secret=secret).webhook_old_secret is not None
    with pytest.raises(ValidationError, match="webhook_old_secret"):
        settings(**given, webhook_old_secret="whsec_no")


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


@pytest.mark.parametrize(
    ("said", "begin"),
    [
        ("beginning", "beginning"),
        ("now", "now"),
        ("2026-11-26", datetime(2026, 11, 26, tzinfo=UTC)),
        ("2026-11-26T09:30:00+01:00", datetime(2026, 11, 26, 8, 30, tzinfo=UTC)),
    ],
)
def test_a_new_crm_is_told_from_where_it_was_said(said: str, begin: object) -> None:
    assert settings(start=said).start == begin


@pytest.mark.parametrize("said", ["yesterday", "2026-11-26T09:30:00", "2026-13-01", ""])
def test_a_beginning_that_nobody_understands_is_refused(said: str) -> None:
    with pytest.raises(ValidationError, match="start"):
        settings(start=said)


def test_the_map_of_fields_is_read_with_the_settings(tmp_path: Path) -> None:
    written = tmp_path / "crm.yaml"
    written.write_text("flows: {claim: {answers: {full_name: lastname}}}")

    assert contact_fields(settings(map=str(written)).map, "claim", {"full_name": "Ana"}) == {
        "lastname": "Ana"
    }


@pytest.mark.parametrize("text", [None, "flows: [claim]"])
def test_a_map_that_cannot_be_used_is_refused(text: str | None, tmp_path: Path) -> None:
    written = tmp_path / "crm.yaml"
    if text is not None:
        written.write_text(text)
    with pytest.raises(ValidationError, match="map"):
        settings(map=str(written))


@pytest.mark.parametrize("chosen", [["everything"], ["contact", "gossip"], "contact"])
def test_what_nobody_can_be_told_of_is_refused(chosen: object) -> None:
    with pytest.raises(ValidationError, match="tell"):
        settings(tell=chosen)
