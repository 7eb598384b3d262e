import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import trustme
import yaml
from pydantic_settings import BaseSettings

import agentctl.installation
import crm_notifier.settings
import file_manager.settings
import ingress.settings
import sender.settings
import session_core.settings
from deploycheck.chart import CHART, examples
from deploycheck.go_tools import run_tool

SERVICES: Mapping[str, type[BaseSettings]] = {
    "INGRESS_": ingress.settings.Settings,
    "SESSION_CORE_": session_core.settings.Settings,
    "SENDER_": sender.settings.Settings,
    "FILE_MANAGER_": file_manager.settings.Settings,
    "CRM_NOTIFIER_": crm_notifier.settings.Settings,
}
SECRETS = {
    "webhook-url": "https://crm.example.com/hooks",
    "webhook-secret": "whsec_" + "QUFB" * 10,
    "further-app-secrets": '["the-next-one"]',
    "uri": "postgresql://agent:secret@store/agent",
}
Json: TypeAlias = dict[str, Any]

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module", params=examples(), ids=lambda path: path.stem)
def rendered(request: pytest.FixtureRequest) -> list[Json]:
    done = run_tool("helm", "template", "wa", CHART, "--values", request.param)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put certificates where pods would find them mounted."""
    folder = tmp_path_factory.mktemp("mounted")
    authority = trustme.CA()
    ours = authority.issue_cert("agent.example.com")
    for name in ("kafka-ca", "oauth-ca", "s3-ca", "postgresql-ca", "kafka-user"):
        (folder / name).mkdir()
        authority.cert_pem.write_to_path(str(folder / name / "ca.crt"))
    ours.cert_chain_pems[0].write_to_path(str(folder / "kafka-user" / "tls.crt"))
    ours.private_key_pem.write_to_path(str(folder / "kafka-user" / "tls.key"))
    return folder


def value_of(variable: Json, mounted: Path) -> str:
    if "value" in variable:
        return str(variable["value"]).replace("/etc/whatsapp-agent", str(mounted))
    key = variable["valueFrom"].get("secretKeyRef", {}).get("key", "pod-0")
    return SECRETS.get(key, f"{key}-of-the-installation")


def containers(objects: list[Json]) -> Iterator[tuple[str, Json]]:
    for one in objects:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            for container in one["spec"]["template"]["spec"]["containers"]:
                yield one["metadata"]["name"], container


def test_containers_are_told_nothing_that_nobody_reads(rendered: list[Json]) -> None:
    told = {variable["name"] for _, one in containers(rendered) for variable in one["env"]}

    unread = {
        name
        for name in told
        for prefix, settings in SERVICES.items()
        if name.startswith(prefix)
        and name.removeprefix(prefix).lower() not in settings.model_fields
    }
    assert unread == set()


def test_every_service_takes_what_it_is_told(
    rendered: list[Json], monkeypatch: pytest.MonkeyPatch, certificates: Path
) -> None:
    for _, container in containers(rendered):
        for prefix, settings in SERVICES.items():
            if any(one["name"] == f"{prefix}PORT" for one in container["env"]):
                with monkeypatch.context() as environment:
                    for one in container["env"]:
                        environment.setenv(one["name"], value_of(one, certificates))
                    settings()


def test_agentctl_takes_what_it_is_told(rendered: list[Json], certificates: Path) -> None:
    for name, container in containers(rendered):
        told = {one["name"]: value_of(one, certificates) for one in container["env"]}
        if agentctl.installation.is_told(told):
            known = agentctl.installation.from_variables(told)

            assert known.kafka_bootstrap_servers, name


def test_everything_that_is_mounted_is_a_volume_and_the_other_way_round(
    rendered: list[Json],
) -> None:
    for one in rendered:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            pod = one["spec"]["template"]["spec"]
            mounted = {mount["name"] for c in pod["containers"] for mount in c["volumeMounts"]}

            assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_files_that_are_named_lie_where_something_is_mounted(rendered: list[Json]) -> None:
    for name, container in containers(rendered):
        values = [variable.get("value", "") for variable in container["env"]]
        named = re.findall(r"/etc/whatsapp-agent/[\w-]+", " ".join(values))
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}

        assert set(named) <= mounted, name


def test_every_object_has_a_name_of_its_own(rendered: list[Json]) -> None:
    names = [
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
        for one in rendered
    ]

    assert sorted(set(names)) == sorted(names)
    # DNS allows a Service, Kubernetes a label, no more than 63 letters.
    assert [name for kind, _, name in names if kind == "Service" and len(name) > 63] == []


def test_every_service_leads_to_pods_and_every_policy_too(rendered: list[Json]) -> None:
    pods = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in rendered
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}
    ]
    for one in rendered:
        match one["kind"]:
            case "Service":
                selector = one["spec"]["selector"]
            case "NetworkPolicy":
                selector = one["spec"]["podSelector"]["matchLabels"]
            case "PodDisruptionBudget":
                selector = one["spec"]["selector"]["matchLabels"]
            case _:
                continue
        assert any(selector.items() <= labels.items() for labels in pods), one["metadata"]["name"]


def test_no_secret_stands_in_what_is_installed(rendered: list[Json]) -> None:
    for name, container in containers(rendered):
        for variable in container["env"]:
            if re.search(r"PASSWORD|TOKEN$|SECRET|ACCESS_KEY_ID", variable["name"]):
                assert "secretKeyRef" in variable.get("valueFrom", {}), (name, variable["name"])
