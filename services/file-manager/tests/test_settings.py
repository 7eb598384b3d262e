"""What the service says when it is not configured."""

import pytest

from file_manager.app import build
from file_manager.settings import Settings
from streaming.service import settings_or_exit

NEEDED = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "PORT": "0",
    "GRAPH_URL": "http://127.0.0.1:1",
    "ACCESS_TOKEN": "a-secret-token",
    "S3_ENDPOINT_URL": "http://127.0.0.1:2",
    "S3_BUCKET": "files",
    "S3_ACCESS_KEY_ID": "id",
    "S3_SECRET_ACCESS_KEY": "a-secret-key",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"FILE_MANAGER_{name}", value)
    return monkeypatch


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_variable_is_named_and_ends_the_start(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    environment.delenv(f"FILE_MANAGER_{name}")

    with pytest.raises(SystemExit) as ended:
        settings_or_exit(Settings)

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"cannot start: FILE_MANAGER_{name} is missing\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [("GRAPH_URL", "nowhere"), ("ACCESS_TOKEN", ""), ("S3_BUCKET", ""), ("CONCURRENCY", "0")],
)
def test_a_useless_value_is_refused_without_being_shown(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    environment.setenv(f"FILE_MANAGER_{name}", value)

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    assert capsys.readouterr().err == f"cannot start: FILE_MANAGER_{name} is not valid\n"


def test_no_secret_is_shown_by_the_settings(environment: pytest.MonkeyPatch) -> None:
    del environment

    shown = repr(Settings())

    assert "a-secret-token" not in shown
    assert "a-secret-key" not in shown


def test_the_service_opens_what_it_needs_before_it_reads_events(
    environment: pytest.MonkeyPatch,
) -> None:
    del environment

    parts = [part.name for part in build(Settings()).components]

    assert parts == ["health", "media", "storage", "kafka", "events"]
