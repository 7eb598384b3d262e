import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "whatsapp-agent"
TOOLS = Path(os.environ.get("WA_TOOLS", ROOT / ".tools")) / "bin"
HELM = shutil.which("helm", path=f"{TOOLS}:{os.environ['PATH']}")
EXAMPLES = sorted(CHART.glob("ci/*-values.yaml"))
Json: TypeAlias = dict[str, Any]

pytestmark = pytest.mark.skipif(HELM is None, reason="needs helm: `make deploy-check` has it")


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def rendered(request: pytest.FixtureRequest) -> list[Json]:
    command = [str(HELM), "template", "wa", str(CHART), "--values", str(request.param)]
    done = subprocess.run(  # noqa: S603 our own arguments
        [*command, "--kube-version", "1.37.0"], capture_output=True, text=True, check=True
    )
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def containers(objects: list[Json]) -> Iterator[tuple[str, Json]]:
    for one in objects:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            for container in one["spec"]["template"]["spec"]["containers"]:
                yield one["metadata"]["name"], container


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
