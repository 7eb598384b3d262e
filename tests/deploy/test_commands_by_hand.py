"""What the page on restoring makes of session-core's pod to run one command in it."""

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
PAGE = (ROOT / "docs/how-to/back-up-and-restore.md").read_text()
HELM = shutil.which("helm", path=f"{cache() / 'bin'}{os.pathsep}{os.environ['PATH']}")
JQ = shutil.which("jq")
[PROGRAM] = re.findall(r"\| jq '\n(.*?)' \|", PAGE, re.DOTALL)

pytestmark = pytest.mark.skipif(
    not (HELM and JQ and CHART.exists()), reason="needs helm (`make deploy-check` has it) and jq"
)


def ran(*command: object, given: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603 our own arguments
        [str(word) for word in command], input=given, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def stateful() -> dict[str, Any]:
    """Render session-core as the install guide names it."""
    options = ("--show-only", "templates/statefulsets.yaml", "--kube-version", "1.37.0")
    values = ("--values", example("strimzi"), "--set", "sessionCore.preStopSeconds=5")
    rendered: dict[str, Any] = yaml.safe_load(
        ran(HELM, "template", "chat", CHART, *values, *options)
    )
    return rendered


def test_one_command_runs_with_all_that_the_service_has_and_no_probe(
    stateful: dict[str, Any],
) -> None:
    pod = json.loads(ran(JQ, PROGRAM, given=json.dumps(stateful)))
    template = stateful["spec"]["template"]
    [once], [service] = pod["spec"]["containers"], template["spec"]["containers"]

    assert f"statefulset {stateful['metadata']['name']} " in PAGE
    assert (pod["kind"], pod["spec"]["restartPolicy"]) == ("Pod", "Never")
    assert pod["metadata"]["labels"] == template["metadata"]["labels"]
    assert pod["spec"]["volumes"] == template["spec"]["volumes"]
    assert once["args"] == ["verify"]
    assert service.keys() - once.keys() == {
        "startupProbe", "livenessProbe", "readinessProbe", "lifecycle"
    }  # fmt: skip
    assert {name: once[name] for name in ("env", "volumeMounts", "securityContext", "image")} == {
        name: service[name] for name in ("env", "volumeMounts", "securityContext", "image")
    }
