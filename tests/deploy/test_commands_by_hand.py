"""What pages make of the chart's pods to run one command of session-core or agentctl in them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploycheck.chart import CHART, example
from deploycheck.go_tools import cache

ROOT = Path(__file__).parents[2]
RESTORE = (ROOT / "docs/how-to/back-up-and-restore.md").read_text()
DOCTOR = (ROOT / "docs/how-to/find-out-what-is-wrong.md").read_text()
HELM = shutil.which("helm", path=f"{cache() / 'bin'}{os.pathsep}{os.environ['PATH']}")
JQ = shutil.which("jq")
SAME = ("env", "volumeMounts", "securityContext", "image", "resources")

pytestmark = pytest.mark.skipif(
    not (HELM and JQ and CHART.exists()), reason="needs helm (`make deploy-check` has it) and jq"
)


def ran(*command: object, given: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603 our own arguments
        [str(word) for word in command], input=given, capture_output=True, text=True, check=True
    )
    return done.stdout


def rendered(template: str) -> dict[str, Any]:
    """Render an object as the install guide names it."""
    options = ("--show-only", f"templates/{template}.yaml", "--kube-version", "1.37.0")
    values = ("--values", example("strimzi"), "--set", "sessionCore.preStopSeconds=5")
    made: dict[str, Any] = yaml.safe_load(ran(HELM, "template", "chat", CHART, *values, *options))
    return made


def pod_of(page: str, made: dict[str, Any]) -> dict[str, Any]:
    """Do with an object what the page does."""
    [program] = re.findall(r"\| jq '\n(.*?)' \|", page, re.DOTALL)
    kind, name = made["kind"].lower(), made["metadata"]["name"]
    assert f"kubectl --namespace whatsapp get {kind} {name} --output json" in page
    pod: dict[str, Any] = json.loads(ran(JQ, program, given=json.dumps(made)))
    return pod


def test_a_command_of_session_core_has_all_that_the_service_has_and_no_probe() -> None:
    made = rendered("statefulsets")
    pod, template = pod_of(RESTORE, made), made["spec"]["template"]
    [once], [service] = pod["spec"]["containers"], template["spec"]["containers"]

    assert (pod["kind"], pod["spec"]["restartPolicy"]) == ("Pod", "Never")
    assert pod["metadata"]["labels"] == template["metadata"]["labels"]
    assert pod["spec"]["volumes"] == template["spec"]["volumes"]
    assert once["args"] == ["verify"]
    assert service.keys() - once.keys() == {
        "startupProbe", "livenessProbe", "readinessProbe", "lifecycle"
    }  # fmt: skip
    assert {name: once[name] for name in SAME} == {name: service[name] for name in SAME}


def test_a_command_of_agentctl_has_all_that_the_doctor_has_and_no_account() -> None:
    made = rendered("tests/doctor")
    pod, template = pod_of(DOCTOR, made), made["spec"]["template"]
    [once], [doctor] = pod["spec"]["containers"], template["spec"]["containers"]

    assert (pod["kind"], pod["spec"]["restartPolicy"]) == ("Pod", "Never")
    assert "labels" not in pod["metadata"], "a Job takes a pod with its labels for its own"
    assert "serviceAccountName" not in pod["spec"], "Helm takes it away after the test"
    assert pod["spec"]["volumes"] == template["spec"]["volumes"]
    assert once["args"] == ["parked", "list"]
    assert once["env"].pop()["name"] == "AGENT_OPERATOR"
    assert {name: once[name] for name in SAME} == {name: doctor[name] for name in SAME}
