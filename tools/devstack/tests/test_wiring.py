"""Each service is told what it needs under the names that it reads."""

import json
from pathlib import Path

import pytest

from devstack.credentials import Credentials
from devstack.services import (
    SERVICES,
    Addresses,
    component,
    environment,
    instance_id,
    service_of,
)

ADDRESSES = Addresses(
    kafka="127.0.0.1:20001",
    postgres="postgresql://postgres:p@127.0.0.1:20002/whatsapp_agent",
    s3="http://127.0.0.1:20003",
    simulator="http://127.0.0.1:20004",
    ingress="http://127.0.0.1:20005",
)
KEYS = Credentials()
COMMON = {"KAFKA_BOOTSTRAP_SERVERS", "HOST", "PORT", "INSTANCE_ID"}
GRAPH = {"GRAPH_URL", "GRAPH_VERSION", "ACCESS_TOKEN"}
BUCKET = {"S3_ENDPOINT_URL", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_REGION"}
OWN = {
    "ingress": {"APP_SECRET", "VERIFY_TOKEN", "PHONE_NUMBER_IDS"},
    "session-core": {"DATABASE_URL", "FLOWS_DIR"},
    "sender": GRAPH | {"NUMBERS"},
    "file-manager": GRAPH | BUCKET,
    "crm-notifier": {"CRM", "WEBHOOK_URL", "WEBHOOK_SECRET"},
    "lookups": {"TABLE"},
    "simulator": BUCKET
    | {
        "WEBHOOK_URL",
        "APP_SECRET",
        "VERIFY_TOKEN",
        "ACCESS_TOKEN",
        "PHONE_NUMBER_ID",
        "DISPLAY_PHONE_NUMBER",
        "BUSINESS_ACCOUNT_ID",
        "APP_ID",
        "CRM_SECRET",
    },
}


def variables(name: str) -> dict[str, str]:
    return environment(name, port=20_010, addresses=ADDRESSES, keys=KEYS, root=Path("/checkout"))


@pytest.mark.parametrize("name", [*SERVICES, "simulator", "lookups"])
def test_every_process_gets_its_variables_and_no_others(name: str) -> None:
    prefix = name.replace("-", "_").upper()

    assert set(variables(name)) == {f"{prefix}_{key}" for key in COMMON | OWN[name]}


def test_flows_and_the_table_of_the_desk_are_those_of_the_checkout() -> None:
    assert variables("session-core")["SESSION_CORE_FLOWS_DIR"] == "/checkout/flows"
    assert variables("lookups")["LOOKUPS_TABLE"] == "/checkout/tools/lookups/desk.yaml"


def test_only_the_file_manager_and_the_simulator_hold_keys_to_files() -> None:
    holders = {
        name
        for name in (*SERVICES, "simulator", "lookups")
        if KEYS.s3_secret_access_key in variables(name).values()
    }

    assert holders == {"file-manager", "simulator"}


def test_the_business_number_of_ingress_and_platform_is_the_same() -> None:
    accepted = json.loads(variables("ingress")["INGRESS_PHONE_NUMBER_IDS"])

    assert accepted == [variables("simulator")["SIMULATOR_PHONE_NUMBER_ID"]]


def test_the_sender_knows_its_number_as_the_platform_shows_it() -> None:
    known = json.loads(variables("sender")["SENDER_NUMBERS"])
    platform = variables("simulator")

    assert known == {
        platform["SIMULATOR_PHONE_NUMBER_ID"]: {
            "display": platform["SIMULATOR_DISPLAY_PHONE_NUMBER"]
        }
    }


@pytest.mark.parametrize(("exported", "told"), [({}, "15"), ({"SENDER_STOP_PAUSE": "300"}, None)])
def test_a_stopped_number_is_soon_tried_again_unless_the_shell_says_otherwise(
    exported: dict[str, str], told: str | None
) -> None:
    sender = component("sender-2", port=20_010, env={}, exported=exported)

    assert sender.env.get("SENDER_STOP_PAUSE") == told
    assert "SENDER_STOP_PAUSE" not in component("ingress", port=1, env={}, exported={}).env


def test_instances_have_stable_ids_counted_from_one() -> None:
    assert instance_id("session-core") == "session-core-1"
    assert instance_id("session-core-2") == "session-core-2"
    assert service_of("session-core-2") == service_of("session-core") == "session-core"
    assert variables("session-core-2")["SESSION_CORE_INSTANCE_ID"] == "session-core-2"


@pytest.mark.parametrize(
    ("name", "first", "own"),
    [
        ("session-core", "8090", "8090"),
        ("session-core-2", "8090", "8091"),
        ("session-core-3", "8090", "8092"),
        ("session-core-2", "0", None),
        ("session-core-2", "", None),
        ("sender-2", "8090", None),
    ],
)
def test_each_instance_serves_the_query_api_at_a_port_of_its_own(
    name: str, first: str, own: str | None
) -> None:
    told = component(name, port=20_010, env={}, exported={"SESSION_CORE_API_PORT": first})

    assert told.env.get("SESSION_CORE_API_PORT") == own
    assert told.api_port == (int(own) if own else None)
