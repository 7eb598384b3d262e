import json
import shutil
from pathlib import Path

import pytest

from deploycheck.chart import CHART, examples
from deploycheck.go_tools import run_tool

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

MEANT = {
    "dev": {"container-image-pull-policy", "pod-networkpolicy"},
    "gitops": {"container-image-pull-policy"},
}
"""What kube-score finds critical and the example is about: local images, digests, no policies."""


def test_helm_finds_nothing_to_say_about_any_example() -> None:
    for example in examples():
        found = run_tool("helm", "lint", "--strict", CHART, "--values", example)

        assert found.returncode == 0, found.stdout


def test_every_suite_of_the_chart_holds() -> None:
    found = run_tool("helm-unittest", "--strict", CHART)

    assert found.returncode == 0, found.stdout


def test_the_readme_of_the_chart_says_what_the_values_say(tmp_path: Path) -> None:
    copy = shutil.copytree(CHART, tmp_path / CHART.name)
    (copy / "README.md").unlink()
    run_tool("helm-docs", "--chart-search-root", copy)

    assert (copy / "README.md").read_text() == (CHART / "README.md").read_text()


def test_a_default_installation_has_nothing_critical() -> None:
    for example in examples():
        rendered = run_tool("helm", "template", "agent", CHART, "--values", example).stdout
        scored = run_tool("kube-score", "score", "--output-format", "json", "-", given=rendered)
        critical = {
            (item["object_name"], check["check"]["id"])
            for item in json.loads(scored.stdout)
            for check in item["checks"]
            if not check["skipped"] and check["grade"] == 1
        }
        meant = MEANT.get(example.stem.removesuffix("-values"), set())

        assert [found for found in critical if found[1] not in meant] == [], example
