"""What can be said of the compose file without starting it."""

import importlib
import json

import pytest
import yaml

from deploy.clean_install import ROOT
from deploy.compose_file import SERVICES, TEXT, asked_for, environment, given, mentioned
from deploy.deployables import DEPLOYABLES
from devstack import services as processes
from devstack.kafka import broker_settings
from lookups.settings import Settings as LookupsSettings
from streaming.kafka_way import KafkaWay

OURS = {name for name, service in SERVICES.items() if "whatsapp-agent/" in service["image"]}
THEIRS = set(SERVICES) - OURS
SETTINGS = {
    **{name: f"{processes.module_of(name)}.settings" for name in processes.SERVICES},
    "simulator": "simulator.settings",
    "lookups": "lookups.settings",
    "demo": "demo.elsewhere",
}
WITHIN_KAFKA = {
    "topics": "agent",
    "lookups": "lookups",
    **{name: processes.module_of(name) for name in processes.SERVICES},
}


def test_every_image_of_ours_runs_in_the_system_and_can_be_built_by_it() -> None:
    built = {service["build"]["dockerfile"] for service in SERVICES.values() if "build" in service}

    assert built == {f"{image.folder.relative_to(ROOT)}/Dockerfile" for image in DEPLOYABLES}


def test_infrastructure_and_services_can_be_started_apart() -> None:
    profiles = {name: service["profiles"] for name, service in SERVICES.items()}

    assert {name for name in profiles if profiles[name] == ["infra"]} == THEIRS
    assert {name for name in profiles if profiles[name] in (["app"], ["demo"])} == OURS
    for name in OURS:
        waits = SERVICES[name].get("depends_on", {})
        assert all(waits[other]["required"] is False for other in waits if other in THEIRS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_nothing_of_ours_has_a_right_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service
    assert "privileged" not in service


def test_whatever_serves_is_asked_whether_it_is_ready() -> None:
    asked = {name: service.get("healthcheck", {}) for name, service in SERVICES.items()}
    once = {name for name, check in asked.items() if check.get("disable")}
    silent = {name for name, check in asked.items() if not check}

    assert once == {"topics", "migrate", "bucket", "demo"}
    assert silent == {"otel-collector"}  # its image holds nothing that could ask
    for name in OURS - once:
        prefix = processes.module_of(name).upper()
        assert asked[name]["test"][-2:] == [f"{prefix}_PORT", "/readyz"]


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_of_others_are_pinned_to_a_version_and_can_be_replaced() -> None:
    for name in THEIRS:
        image = SERVICES[name]["image"]

        assert image.startswith("${")
        assert image.partition(":-")[2].rstrip("}").rpartition(":")[2] not in {"", "latest"}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_service_is_told_nothing_that_it_does_not_read(name: str) -> None:
    known = importlib.import_module(SETTINGS[name]).Settings.model_fields
    prefix = f"{processes.module_of(name).upper()}_"
    told = SERVICES[name]["environment"]

    assert {one.removeprefix(prefix).lower() for one in told} <= set(known)
    required = {field for field, info in known.items() if info.is_required()}
    assert required - {"port"} <= {one.removeprefix(prefix).lower() for one in told}


def test_the_example_gives_every_variable_that_must_be_given_and_no_other() -> None:
    without_default = {
        name for name in asked_for() if f"${{{name}:-" not in TEXT and f"${{{name}-" not in TEXT
    }
    replaceable = {name for name in asked_for() if name.endswith("_IMAGE")}

    assert without_default <= set(given())
    assert mentioned() - {"COMPOSE_PROFILES"} <= asked_for()
    assert asked_for() - replaceable - {"KAFKA_CLUSTER_ID"} <= mentioned()


def test_kafka_behaves_as_that_of_a_laptop_without_containers() -> None:
    told = SERVICES["kafka"]["environment"]
    native = broker_settings(listen="", port=1, controller_port=2, data="")
    both = {name: f"KAFKA_{name.replace('.', '_').upper()}" for name in native}
    where = {
        name for name in native if "listener" in name or "quorum" in name or name == "log.dirs"
    }
    faster = {name for name in native if both[name] not in told} - where

    assert {name: str(told[both[name]]) for name in native if name not in where | faster} == {
        name: native[name] for name in native if name not in where | faster
    }
    assert told["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_prometheus_asks_every_service() -> None:
    config = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    asked = {one["targets"][0]: one["labels"]["job"] for one in job["static_configs"]}

    assert asked == {f"{name}:8080": name for name in processes.SERVICES}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_service_can_start_with_what_the_example_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = environment(name)
    for variable, value in told.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv(f"{processes.module_of(name).upper()}_PORT", "8080")  # as in its image

    assert importlib.import_module(SETTINGS[name]).Settings()


@pytest.mark.parametrize("name", sorted(WITHIN_KAFKA))
def test_whoever_gets_into_kafka_is_told_each_way_there_is(name: str) -> None:
    told = environment(name, KAFKA_SASL_USERNAME="kim", KAFKA_SSL_CA_FILE="/tls/ca.crt")
    prefix = WITHIN_KAFKA[name].upper()
    ways = {field: told[f"{prefix}_{field.upper()}"] for field in KafkaWay.model_fields}

    assert {field: way for field, way in ways.items() if way} == {
        "kafka_security_protocol": "PLAINTEXT",
        "kafka_sasl_username": "kim",
        "kafka_ssl_ca_file": "/tls/ca.crt",
        "kafka_allow_plaintext_credentials": "false",
    }
    assert any("/etc/whatsapp-agent/kafka:ro" in str(one) for one in SERVICES[name]["volumes"])


def test_a_service_gets_into_a_kafka_with_users(monkeypatch: pytest.MonkeyPatch) -> None:
    way = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "SCRAM-SHA-512"}
    user = {"SASL_USERNAME": "kim", "SASL_PASSWORD": "word"}
    more = {f"KAFKA_{name}": value for name, value in {**way, **user}.items()}
    for variable, value in {**environment("lookups", **more), "LOOKUPS_PORT": "0"}.items():
        monkeypatch.setenv(variable, value)

    assert LookupsSettings().kafka("x").client()["sasl_mechanism"] == "SCRAM-SHA-512"


def test_the_business_number_of_all_is_the_same() -> None:
    number = given()["PHONE_NUMBER_ID"]

    assert json.loads(environment("ingress")["INGRESS_PHONE_NUMBER_IDS"]) == [number]
    assert list(json.loads(environment("sender")["SENDER_NUMBERS"])) == [number]
    assert environment("simulator")["SIMULATOR_PHONE_NUMBER_ID"] == number
