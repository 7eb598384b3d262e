import json
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

import pytest
import yaml

from deploycheck import crds
from deploycheck.chart import CHART, example
from deploycheck.control_plane import ControlPlane, control_plane
from deploycheck.rendering import Scenario
from deploycheck.scenarios import written

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

Json: TypeAlias = dict[str, Any]
PATIENCE = "--timeout=300s"
GOOD_SECRETS = {
    "whatsapp": ["app-secret", "verify-token", "access-token", "further-app-secrets"],
    "postgresql": ["password"],
}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that knows the custom resources of the chart."""
    with control_plane(tmp_path_factory.mktemp("plane") / "own") as running:
        for path in (*crds.generated(), *crds.strimzi()):
            running.kubectl("create", "-f", str(path))
        running.kubectl("wait", "--for=condition=Established", "crd", "--all", PATIENCE)
        # What the examples take for granted of a cluster.
        running.kubectl("create", "namespace", "monitoring")
        running.kubectl("create", "priorityclass", "important", "--value=1000")
        running.kubectl("label", "nodes", "--all", "kubernetes.io/arch=arm64")
        yield running


class Place:
    """A namespace that enforces `restricted`, and the one release in it."""

    def __init__(self, plane: ControlPlane, name: str) -> None:
        self.plane, self.name = plane, name

    def helm(self, command: str, *options: str) -> CompletedProcess[str]:
        return self.plane.helm(command, "agent", *options, "--namespace", self.name)

    def put(self, command: str, values: Path, *options: str) -> CompletedProcess[str]:
        named = (str(CHART), "--values", str(values), "--wait", PATIENCE)
        return self.helm(command, *named, *options)

    def get(self, kinds: str) -> list[Json]:
        text = self.plane.kubectl("get", kinds, "--namespace", self.name, "--output=json")
        items: list[Json] = json.loads(text)["items"]
        return items

    def component(self, kind: str, name: str) -> Json:
        label = f"app.kubernetes.io/component={name}"
        text = self.plane.kubectl(
            "get", kind, "--namespace", self.name, "--selector", label, "--output=json"
        )
        found: Json = json.loads(text)["items"][0]
        return found

    def release(self) -> Json:
        status: Json = json.loads(self.helm("status", "--output=json").stdout)
        return status

    def hooks_that_succeeded(self) -> set[str]:
        hooks = self.release()["hooks"]
        ran = [hook for hook in hooks if hook["last_run"].get("phase") == "Succeeded"]
        return {hook["name"].removeprefix("agent-whatsapp-agent-") for hook in ran}


@pytest.fixture
def place(plane: ControlPlane) -> Iterator[Place]:
    name = f"talk-{secrets.token_hex(4)}"
    labels = {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
    }
    apply(plane, {"kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for secret, keys in GOOD_SECRETS.items():
        metadata = {"name": secret, "namespace": name}
        data = dict.fromkeys(keys, "made-up")
        apply(plane, {"kind": "Secret", "metadata": metadata, "stringData": data})
    yield Place(plane, name)
    plane.kubectl("delete", "namespace", name, "--wait=false")


def apply(plane: ControlPlane, thing: Json) -> None:
    plane.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", **thing}))


def names(things: Sequence[Json]) -> set[str]:
    return {f"{thing['kind']}/{thing['metadata']['name']}" for thing in things}


def test_the_namespace_takes_no_pod_that_is_not_hardened(place: Place) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "soft", "namespace": place.name},
        "spec": {"containers": [{"name": "soft", "image": "soft:1"}]},
    }
    said = place.plane.try_kubectl("apply", "-f", "-", given=json.dumps(pod))

    assert said.returncode != 0
    assert 'violates PodSecurity "restricted' in said.stderr


@pytest.mark.parametrize("named", ["aws", "default", "dev", "gitops", "strimzi"])
def test_every_example_installs_and_all_its_pods_get_ready(place: Place, named: str) -> None:
    if named == "strimzi" and not crds.strimzi():
        pytest.skip(f"nothing of Strimzi in {crds.strimzi_folder()}")
    said = place.put("install", example(named))

    assert said.returncode == 0, said.stderr
    assert "PodSecurity" not in said.stderr
    workloads = names(place.get("deployments,statefulsets"))
    assert len(workloads) >= 5
    for workload in workloads:
        place.plane.kubectl("rollout", "status", workload, "--namespace", place.name, PATIENCE)


def test_pods_of_a_component_are_spread_over_zones_and_hold_no_token(place: Place) -> None:
    place.put("install", example("default"))
    pods = [pod for pod in place.get("pods") if pod["status"]["phase"] == "Running"]
    places = Counter(
        (pod["metadata"]["labels"]["app.kubernetes.io/component"], pod["spec"]["nodeName"])
        for pod in pods
    )

    assert len(pods) >= 5
    assert set(places.values()) == {1}
    assert not any(pod["spec"].get("automountServiceAccountToken", True) for pod in pods)


def test_helm_test_runs_the_doctor_and_uninstalling_keeps_only_what_people_said(
    place: Place,
) -> None:
    place.put("install", example("default"))
    before = names(place.get("configmaps,serviceaccounts,secrets"))
    tested = place.helm("test", PATIENCE)
    gone = place.helm("uninstall", "--wait", PATIENCE)

    assert tested.returncode == 0, tested.stderr
    assert gone.returncode == 0, gone.stderr
    assert "ConfigMap/agent-whatsapp-agent-installation" in before
    left = place.get("deployments,statefulsets,services,configmaps,networkpolicies,pdb")
    assert names(left) == {
        "ConfigMap/agent-whatsapp-agent-installation",
        "ConfigMap/kube-root-ca.crt",
    }


def test_an_upgrade_migrates_first_and_a_rollback_brings_back_what_was(place: Place) -> None:
    place.put("install", example("default"))
    former = place.component("deployment", "sender")["spec"]
    first = place.release()
    changed = ("--set", "sender.replicas=3", "--set", "telemetry.logLevel=debug")
    upgraded = place.put("upgrade", example("default"), *changed)
    second, sender = place.release(), place.component("deployment", "sender")
    ran = place.hooks_that_succeeded()
    rolled_back = place.helm("rollback", "1", "--wait", PATIENCE)

    assert upgraded.returncode == 0, upgraded.stderr
    assert sender["status"]["updatedReplicas"] == 3  # one of before may still be about to go
    assert "debug" in json.dumps(sender["spec"]["template"])
    assert {"migrations", "topics"} <= ran
    assert migrated_at(second) > migrated_at(first)
    assert rolled_back.returncode == 0, rolled_back.stderr
    assert place.component("deployment", "sender")["spec"] == former
    assert place.release()["version"] == 3


def test_a_migration_that_fails_leaves_what_runs_as_it_was(place: Place) -> None:
    # Without the Job that makes topics, the only one that can fail is the migration.
    said = ("--set", "kafka.topics.management=external")
    more = (*said, "--set", "sender.replicas=3")
    fails = ("--set", "agentctl.podAnnotations.deploycheck/fate=fails,jobs.backoffLimit=0")
    place.put("install", example("default"), *said)
    former = place.component("deployment", "sender")
    failed = place.put("upgrade", example("default"), *more, *fails)
    after = place.component("deployment", "sender")
    mended = place.put("upgrade", example("default"), *more)

    assert failed.returncode != 0
    assert after["metadata"]["generation"] == former["metadata"]["generation"]
    assert mended.returncode == 0, mended.stderr
    assert place.component("deployment", "sender")["status"]["readyReplicas"] == 3


def test_a_changed_partition_count_is_refused_and_nothing_is_touched(place: Place) -> None:
    place.put("install", example("default"))
    said = place.put("upgrade", example("default"), "--set", "kafka.partitions=24")

    assert said.returncode != 0
    assert "kafka.partitions was 12 and would be 24" in said.stderr
    assert place.release()["version"] == 1


def test_an_installation_made_anew_still_knows_its_partition_count(place: Place) -> None:
    place.put("install", example("default"))
    place.helm("uninstall", "--wait", PATIENCE)
    said = place.put("install", example("default"), "--set", "kafka.partitions=24")
    again = place.put("install", example("default"))

    assert "kafka.partitions was 12 and would be 24" in said.stderr
    assert again.returncode == 0, again.stderr


def test_two_releases_do_not_share_topics_in_one_namespace(place: Place) -> None:
    data = {"partitions": "12", "topicPrefix": ""}
    metadata = {"name": "one-whatsapp-agent-installation", "namespace": place.name}
    apply(place.plane, {"kind": "ConfigMap", "metadata": metadata, "data": data})
    same = place.put("install", example("default"), "--dry-run=server")
    other = place.put(
        "install", example("default"), "--dry-run=server", "--set", "kafka.topicPrefix=two."
    )

    assert "belong to the release one-whatsapp-agent-installation" in same.stderr
    assert other.returncode == 0, other.stderr


def test_a_secret_without_the_key_is_named_before_anything_is_installed(place: Place) -> None:
    metadata = {"name": "postgresql", "namespace": place.name}
    apply(place.plane, {"kind": "Secret", "metadata": metadata, "stringData": {"pass": "word"}})
    place.plane.kubectl(
        "patch",
        "secret",
        "postgresql",
        "--namespace",
        place.name,
        "--type=json",
        "--patch",
        '[{"op": "remove", "path": "/data/password"}]',
    )
    said = place.put("install", example("default"))

    assert said.returncode != 0
    assert "The Secret postgresql has no key password" in said.stderr


def test_every_unsafe_setting_is_refused_and_leaves_the_namespace_empty(
    place: Place, tmp_path: Path
) -> None:
    refused = [item for item in written() if item.refused and askable(item)]
    said = {item.name: told(place, item, tmp_path / "values.yaml") for item in refused}

    assert len(refused) > 20
    assert [item.name for item in refused if item.refused not in said[item.name]] == []
    assert place.get("deployments,statefulsets,jobs,networkpolicies,services") == []


def askable(scenario: Scenario) -> bool:
    """Tell whether an empty namespace is all that it needs, and Helm can look what it looks up."""
    topics = scenario.values.get("kafka", {}).get("topics", {})
    return not scenario.cluster and (bool(crds.strimzi()) or topics.get("management") != "strimzi")


def told(place: Place, scenario: Scenario, values: Path) -> str:
    values.write_text(yaml.safe_dump(dict(scenario.values)))
    command = ("install", scenario.release, str(CHART), "--values", str(values))
    return place.plane.helm(*command, "--namespace", place.name).stderr


def migrated_at(release: Json) -> str:
    ran = [hook for hook in release["hooks"] if hook["name"].endswith("-migrations")]
    started: str = max(hook["last_run"]["started_at"] for hook in ran)
    return started
