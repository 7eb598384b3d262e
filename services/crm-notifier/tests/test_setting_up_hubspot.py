"""What an operator must say before HubSpot is told, and what is refused."""

import pytest
from pydantic import ValidationError

from crm_notifier.app import build
from crm_notifier.mapping import CrmMap, FlowMap
from crm_notifier.settings import Settings

TOKEN = "pat-eu1-made-up"


def settings(**given: object) -> Settings:
    kept = {"kafka_bootstrap_servers": "127.0.0.1:1", "port": 0, "crm": "hubspot"}
    return Settings.model_validate(kept | {"hubspot_token": TOKEN} | given)


def mapped(**flow: object) -> CrmMap:
    return CrmMap(flows={"claim": FlowMap.model_validate(flow)})


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


@pytest.mark.parametrize(
    ("flow", "mistake"),
    [
        ({"pipeline": "9", "stages": {"settled": "78"}}, "flows.claim: pipeline"),
        ({"data": {"amount": "claim_amount"}}, "flows.claim: data"),
        ({"data": {"amount": "claim_amount"}, "stages": {"handed-off": "77"}}, "flows.claim: data"),
    ],
)
def test_a_map_that_hubspot_could_not_hold_ends_the_start(
    flow: dict[str, object], mistake: str
) -> None:
    with pytest.raises(ValueError, match=mistake):
        build(settings(map=mapped(**flow)))
