"""What the service says when it is not configured."""

from pathlib import Path

import pytest

from file_manager.app import build
from file_manager.settings import Settings
from streaming.service import settings_or_exit

NEEDED = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "PORT": "0",
    "GRAPH_URL": "http://127.0.0.1:1",
    "ACCESS_TOKEN": "a-secret-token",
    "S3_BUCKET": "files",
    "S3_ACCESS_KEY_ID": "id",
    "S3_SECRET_ACCESS_KEY": "a-secret-key",
}
NO_ADDRESS = "is not valid: it must be host:port, as in clamd:3310"
NO_MODE = "is not valid: it must be 'required', 'optional' or 'off'"


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
    ("name", "value", "fitting"),
    [
        ("GRAPH_URL", "nowhere", "must be a web address"),
        ("ACCESS_TOKEN", "", "must not be empty"),
        ("S3_BUCKET", "", "must not be empty"),
        ("CONCURRENCY", "0", "must be 1 or more"),
    ],
)
def test_a_useless_value_is_refused_by_what_would_do_without_being_shown(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    fitting: str,
) -> None:
    environment.setenv(f"FILE_MANAGER_{name}", value)

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    told = f"cannot start: FILE_MANAGER_{name} is not valid: it {fitting}\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("name", ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"])
def test_keys_that_would_not_be_used_are_refused(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for other in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"):
        environment.delenv(f"FILE_MANAGER_{other}")
    environment.setenv("FILE_MANAGER_S3_CREDENTIALS", "chain")
    without = settings_or_exit(Settings)
    environment.setenv(f"FILE_MANAGER_{name}", "a-secret-key")

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    assert (without.s3_access_key_id, without.s3_secret_access_key) == (None, None)
    assert capsys.readouterr().err == (
        f"cannot start: FILE_MANAGER_{name} has no effect with FILE_MANAGER_S3_CREDENTIALS=chain\n"
    )


@pytest.mark.parametrize(
    ("scan", "address", "complaint"),
    [
        (
            "required",
            "",
            "FILE_MANAGER_CLAMD_ADDRESS is missing, which FILE_MANAGER_SCAN=required needs",
        ),
        (
            "off",
            "clamd:3310",
            "FILE_MANAGER_CLAMD_ADDRESS has no effect with FILE_MANAGER_SCAN=off",
        ),
        ("optional", "clamd", f"FILE_MANAGER_CLAMD_ADDRESS {NO_ADDRESS}"),
        ("optional", "tcp://clamd:3310", f"FILE_MANAGER_CLAMD_ADDRESS {NO_ADDRESS}"),
        ("sometimes", "clamd:3310", f"FILE_MANAGER_SCAN {NO_MODE}"),
    ],
)
def test_a_scanner_without_an_address_or_an_address_without_use_is_refused(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    scan: str,
    address: str,
    complaint: str,
) -> None:
    environment.setenv("FILE_MANAGER_SCAN", scan)
    environment.setenv("FILE_MANAGER_CLAMD_ADDRESS", address)

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    assert capsys.readouterr().err == f"cannot start: {complaint}\n"


@pytest.mark.parametrize("address", ["clamd:3310", "10.0.0.7:3310", "[::1]:3310"])
def test_a_scanner_is_found_by_name_or_address(
    environment: pytest.MonkeyPatch, address: str
) -> None:
    environment.setenv("FILE_MANAGER_SCAN", "required")
    environment.setenv("FILE_MANAGER_CLAMD_ADDRESS", address)

    assert settings_or_exit(Settings).clamd_address == address


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"API_PORT": "0"}, "API_PORT and FILE_MANAGER_API_TOKEN go together"),
        ({"API_PORT": "0", "API_TOKEN": "short"}, "API_TOKEN is not valid"),
        ({"S3_KMS_KEY_ID": "alias/files"}, "S3_KMS_KEY_ID needs FILE_MANAGER_S3_ENCRYPTION"),
        ({"S3_OBJECT_LOCK": "GOVERNANCE"}, "S3_OBJECT_LOCK and FILE_MANAGER_S3_OBJECT_LOCK_DAYS"),
        ({"S3_OBJECT_LOCK_DAYS": "3"}, "S3_OBJECT_LOCK and FILE_MANAGER_S3_OBJECT_LOCK_DAYS"),
    ],
    ids=str,
)
def test_what_says_only_half_of_how_files_are_kept_is_refused(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    complaint: str,
) -> None:
    for name, value in given.items():
        environment.setenv(f"FILE_MANAGER_{name}", value)

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    assert capsys.readouterr().err.startswith(f"cannot start: FILE_MANAGER_{complaint}")


def test_links_are_given_on_a_port_of_their_own_where_one_is_set(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("FILE_MANAGER_API_PORT", "0")
    environment.setenv("FILE_MANAGER_API_TOKEN", "a-token-of-sixteen")

    parts = [part.name for part in build(Settings()).components]

    assert parts.index("links") < parts.index("events")


def test_a_ca_is_read_at_the_start_and_needs_an_endpoint_with_tls(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    environment.setenv("FILE_MANAGER_S3_CA_FILE", str(tmp_path / "ca.pem"))
    environment.setenv("FILE_MANAGER_S3_ENDPOINT_URL", "http://127.0.0.1:2")

    with pytest.raises(SystemExit):
        settings_or_exit(Settings)

    assert capsys.readouterr().err == (
        "cannot start: FILE_MANAGER_S3_CA_FILE has no effect with an endpoint without TLS;"
        f" {tmp_path}/ca.pem cannot be read: No such file or directory\n"
    )


def test_without_an_endpoint_it_is_amazons_own(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FILE_MANAGER_S3_ENDPOINT_URL", "")

    assert Settings().s3_endpoint_url is None


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

    assert parts == ["health", "media", "storage", "janitor", "kafka", "events"]
