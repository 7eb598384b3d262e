"""What an operator must say before HubSpot is told, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from crm_notifier.__main__ import main
from crm_notifier.adapters.hubspot_map import impossible
from crm_notifier.app import build
from crm_notifier.mapping import parse
from crm_notifier.settings import Settings

TOKEN = "pat-eu1-made-up"


def settings(**given: object) -> Settings:
    kept = {"kafka_bootstrap_servers": "127.0.0.1:1", "port": 0, "crm": "hubspot"}
    return Settings.model_validate(kept | {"hubspot_token": TOKEN} | given)


def test_hubspot_needs_a_key_and_nothing_else() -> None:
    with pytest.raises(ValidationError) as refusal:
        settings(hubspot_token=None)

    assert [problem["loc"] for problem in refusal.value.errors()] == [("hubspot_token",)]
    assert [part.name for part in build(settings()).components][:2] == ["health", "crm"]


def test_other_crms_need_no_key_of_hubspot() -> None:
    assert settings(crm="console", hubspot_token=None).hubspot_token is None


@pytest.mark.parametrize(
    "url", ["http://api.hubapi.com", "ftp://api.hubapi.com", "https://10.0.0.7", "api.hubapi.com"]
)
def test_the_key_goes_to_no_address_that_others_can_listen_at(url: str) -> None:
    with pytest.raises(ValidationError, match="hubspot_url"):
        settings(hubspot_url=url)


@pytest.mark.parametrize("version", ["v3", "2026-04", "latest", "2026-03/../v1"])
def test_only_a_dated_version_is_spoken(version: str) -> None:
    with pytest.raises(ValidationError, match="hubspot_version"):
        settings(hubspot_version=version)


def test_the_key_never_shows() -> None:
    assert TOKEN not in repr(settings())


FILES = {"files_url": "http://whatsapp-agent-files:8081", "files_token": "a token of file-manager"}


def test_files_are_attached_where_it_was_said_where_and_by_which_token_they_are_had() -> None:
    named = settings(**FILES, files_hosts=["minio.storage"])

    assert settings().files() is None
    assert named.files() is not None
    assert named.inside() == {"whatsapp-agent-files", "minio.storage"}
    assert FILES["files_token"] not in repr(named)


@pytest.mark.parametrize("alone", [*FILES])
def test_neither_the_address_of_files_nor_their_token_goes_alone(alone: str) -> None:
    with pytest.raises(ValidationError, match="FILES_URL and CRM_NOTIFIER_FILES_TOKEN go together"):
        settings(**{alone: FILES[alone]})


@pytest.mark.parametrize(
    ("flow", "mistake"),
    [
        ("{pipeline: 9, stages: {settled: 78}}", "pipeline: name one of its stages for handed-off"),
        ("{data: {amount: claim_amount}}", "data: no ticket will hold them"),
        ("{data: {amount: claim_amount}, stages: {handed-off: 77}}", "data: no ticket"),
        ("{answers: {name: First Name}}", "answers.name: First Name is no property"),
        ("{answers: {id: whatsapp_contact_id}}", "answers.id: whatsapp_contact_id is no property"),
        (
            "{data: {who: hubspot_owner_id}, stages: {done: 4}}",
            "data.who: hubspot_owner_id is no property",
        ),
        ("{owners: {claims: Claims}}", "owners.claims: Claims is no id of an owner"),
    ],
)
def test_a_map_that_hubspot_could_not_hold_is_refused_with_the_place(
    flow: str, mistake: str
) -> None:
    (told,) = impossible(parse(f"flows: {{claim: {flow}}}"))

    assert told.startswith(f"flows.claim.{mistake}")


def test_with_such_a_map_the_service_does_not_start_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_yaml = tmp_path / "crm.yaml"
    crm_yaml.write_text("flows: {claim: {owners: {claims: Claims}}}")
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "PORT": "0",
        "CRM": "hubspot",
        "HUBSPOT_TOKEN": TOKEN,
        "MAP": str(crm_yaml),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"CRM_NOTIFIER_{name}", value)
    monkeypatch.setattr("sys.argv", ["crm-notifier"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "cannot start: CRM_NOTIFIER_MAP: flows.claim.owners.claims: Claims is no id of an owner\n"
    )
