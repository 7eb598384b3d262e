"""What an operator must say before Salesforce is told, and what is refused."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.salesforce_access import SalesforceAccess
from crm_notifier.adapters.salesforce_map import impossible
from crm_notifier.app import build
from crm_notifier.crms import CRMS
from crm_notifier.mapping import CrmMap, parse
from crm_notifier.settings import Settings
from domain.events import SessionCompleted
from domain.values import EventId
from receiving import listening
from salesforce_fake import FakeSalesforce
from salesforce_schemas import KEYS, OBJECTS
from salesforce_world import MAP

SECRET = {
    "crm": "salesforce",
    "salesforce_url": "https://acme.my.salesforce.com",
    "salesforce_client_id": "3MVG9client",
    "salesforce_client_secret": "s3cr3t",
}

PAGE = (Path(__file__).parents[3] / "docs/how-to/connect-salesforce.md").read_text()


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()


def settings(given: dict[str, str]) -> Settings:
    kept = {"kafka_bootstrap_servers": "127.0.0.1:1", "port": 0}
    return Settings.model_validate(kept | given)


def without(*names: str) -> dict[str, str]:
    return {name: given for name, given in SECRET.items() if name not in names}


def mistakes(given: dict[str, str]) -> list[tuple[object, str]]:
    with pytest.raises(ValidationError) as refusal:
        settings(given)
    assert "s3cr3t" not in str(refusal.value)
    return [(problem["loc"][0], problem["type"]) for problem in refusal.value.errors()]


def test_an_app_with_a_secret_is_enough() -> None:
    assert build(settings(SECRET)).name == "crm-notifier"


def test_so_is_an_app_that_signs_for_a_user(pem: str) -> None:
    signing = {"salesforce_username": "agent@acme.example", "salesforce_private_key": pem}

    assert build(settings(without("salesforce_client_secret") | signing)).name == "crm-notifier"


@pytest.mark.parametrize(
    "missing", ["salesforce_url", "salesforce_client_id", "salesforce_client_secret"]
)
def test_what_is_missing_is_named(missing: str) -> None:
    assert mistakes(without(missing)) == [(missing, "missing")]


def test_to_sign_for_a_user_a_key_is_needed() -> None:
    user = {"salesforce_username": "agent@acme.example"}

    assert mistakes(SECRET | user) == [("salesforce_private_key", "missing")]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("salesforce_url", "http://acme.my.salesforce.com"),
        ("salesforce_url", "https://10.0.0.7"),
        ("salesforce_version", "67"),
        ("salesforce_version", "v60.0"),
        ("salesforce_private_key", "s3cr3t"),
        ("salesforce_erasure", "maybe"),
    ],
)
def test_what_could_not_work_is_refused(name: str, given: str) -> None:
    assert [place for place, _ in mistakes(SECRET | {name: given})] == [name]


def test_whoever_tells_another_crm_needs_nothing_of_it() -> None:
    assert settings({"crm": "console"}).salesforce_url is None


def test_secrets_do_not_show() -> None:
    assert "s3cr3t" not in repr(settings(SECRET))


async def test_what_was_said_leads_into_salesforce(
    completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    fake = FakeSalesforce()
    async with listening(fake) as url, HttpClient() as http:
        said = settings(SECRET | {"salesforce_url": url.removesuffix("/hooks")})
        crm = CRMS["salesforce"](said, http, CrmMap())
        await crm.tell(completed, event_id=event_id, at=at)

    assert fake.only("Task")["WhatsApp_Event_Id__c"] == str(event_id)


@pytest.mark.parametrize(
    ("flow", "mistake"),
    [
        ("{answers: {name: Last Name}}", "answers.name: Last Name is no field that a map can fill"),
        ("{data: {who: OwnerId}}", "data.who: OwnerId is no field that a map can fill"),
        (
            "{answers: {id: WhatsApp_Id__c}}",
            "answers.id: WhatsApp_Id__c is no field that a map can fill",
        ),
        ("{owners: {claims: Claims}}", "owners.claims: Claims is no id of a queue or user"),
    ],
)
def test_a_map_that_salesforce_cannot_hold_is_refused_with_the_place(
    flow: str, mistake: str
) -> None:
    assert impossible(parse(f"flows: {{claim: {flow}}}")) == [f"flows.claim.{mistake}"]


def test_a_map_of_real_fields_and_ids_is_taken() -> None:
    assert impossible(parse(MAP)) == []


def test_the_map_of_the_page_is_one_that_salesforce_can_hold() -> None:
    (shown,) = re.findall(r"```yaml\n(flows:.*?)```", PAGE, re.DOTALL)

    assert impossible(parse(shown)) == []


def test_the_page_lists_the_fields_that_are_written_and_no_other() -> None:
    table = PAGE.partition("## 1. Fields")[2].partition("## 2.")[0]
    listed = set(re.findall(r"`(WhatsApp_\w+)`", table))
    written = {field for fields in OBJECTS.values() for field in fields} | set(KEYS.values())

    assert listed == {field for field in written if field.startswith("WhatsApp_")}


def test_every_variable_of_salesforce_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    variables = [name.upper() for name in SalesforceAccess.model_fields if "salesforce" in name]

    assert [name for name in variables if f"`{name}`" not in readme] == []
