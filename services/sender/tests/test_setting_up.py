"""What an operator must say before the sender starts, and what follows from it."""

import pytest

from sender.__main__ import main
from sender.app import build
from sender.settings import Settings

NEEDED = {
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "graph_url": "http://127.0.0.1:1",
    "access_token": "a-token-of-the-tests",
}


def test_wiring_opens_nothing_and_reads_no_environment() -> None:
    service = build(Settings.model_validate(NEEDED))

    assert [part.name for part in service.components] == [
        "health",
        "kafka",
        "account-updates",
        "graph-api",
        "media",
        "ledger",
        "ledger-sweep",
        "events",
    ]


def test_the_console_needs_no_connection_to_the_platform() -> None:
    service = build(Settings.model_validate(NEEDED | {"platform": "console"}))

    assert "graph-api" not in [part.name for part in service.components]


def test_an_unknown_outcome_is_sent_again_after_a_minute_by_default() -> None:
    settings = Settings.model_validate(NEEDED)

    assert (settings.unknown, settings.unknown_wait) == ("resend", 60)


def test_the_limits_of_the_platform_can_be_lifted() -> None:
    assert build(Settings.model_validate(NEEDED | {"limits": False})).name == "sender"


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_setting_is_named_in_one_line(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in NEEDED.items():
        monkeypatch.setenv(f"SENDER_{name.upper()}", content)
    monkeypatch.delenv(f"SENDER_{missing.upper()}")
    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 2
    assert capsys.readouterr().err == f"cannot start: SENDER_{missing.upper()} is missing\n"


def test_the_token_does_not_show_when_settings_are_printed() -> None:
    assert "a-token-of-the-tests" not in repr(Settings.model_validate(NEEDED))


def test_what_is_said_of_a_number_is_one_variable_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in NEEDED.items():
        monkeypatch.setenv(f"SENDER_{name.upper()}", content)
    monkeypatch.setenv("SENDER_NUMBERS", '{"1": {"display": "+1 555", "per_second": 20}}')
    [(number, said)] = Settings().numbers.items()

    assert (number, said.display, said.per_second) == ("1", "+1 555", 20)
