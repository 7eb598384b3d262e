import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.observability import (
    ALERTS,
    REFERENCE,
    ROOT,
    RUNBOOKS,
    Json,
    emitted,
    kebab,
    labels_in,
    labels_of,
    listed,
    metrics_in,
    rules,
)

RULES = rules()
NAMES = [rule["alert"] for rule in RULES]
SEVERITIES = {"critical", "warning"}
"""Wake somebody; look at it during the day."""
PARTS = ["## What it means for people", "## How to look", "## How to mend"]


def commands() -> set[str]:
    """Give the commands of agentctl, as its reference has them."""
    page = (REFERENCE / "agentctl.md").read_text()
    return {found.strip() for found in re.findall(r"^## agentctl (.+)$", page, re.MULTILINE)}


def headings(page: Path) -> set[str]:
    """Give what leads to each heading, as GitHub makes it."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_an_alert_asks_for_what_the_services_really_tell(rule: Json) -> None:
    asked = metrics_in(rule["expr"])

    assert asked
    assert asked - emitted() == set()


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_an_alert_speaks_of_labels_that_its_metrics_have(rule: Json) -> None:
    said = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))

    assert (labels_in(rule["expr"]) | said) - labels_of(metrics_in(rule["expr"])) == set()


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule: Json) -> None:
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{kebab(rule['alert'])}.md"


def test_no_two_alerts_have_one_name() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}

    assert pages == {kebab(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_says_what_it_means_how_to_look_and_how_to_mend(name: str) -> None:
    text = (RUNBOOKS / f"{kebab(name)}.md").read_text()

    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == PARTS


@pytest.mark.parametrize("name", NAMES)
def test_a_runbook_names_only_commands_and_metrics_that_exist(name: str) -> None:
    text = (RUNBOOKS / f"{kebab(name)}.md").read_text()
    known = "|".join(sorted(commands()))
    called = re.findall(r"agentctl (\w+(?: \w+)?)", text)
    ours = r"\b(?:streaming|session_core|sender|file_manager|crm_notifier|ingress|outgoing)_[a-z_]+"

    assert [one for one in called if not re.match(rf"(?:{known})\b", one)] == []
    assert set(re.findall(ours, text)) - emitted() - listed().keys() == set()


@pytest.mark.parametrize("name", [*map(kebab, NAMES), "README"])
def test_a_runbook_leads_nowhere_that_is_not_there(name: str) -> None:
    page = RUNBOOKS / f"{name}.md"
    for link, heading in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text()):
        target = (page.parent / link).resolve()
        assert target.is_file(), link
        assert heading in {"", *headings(target)}, (link, heading)


def test_the_list_of_runbooks_has_each_of_them_with_its_severity() -> None:
    text = (RUNBOOKS / "README.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(([\w-]+)\.md\) \| (\w+) \|", text, re.MULTILINE)

    assert rows == [(one["alert"], kebab(one["alert"]), one["labels"]["severity"]) for one in RULES]


def test_every_alert_is_tried_by_a_test_of_its_rules() -> None:
    tried = "".join(path.read_text() for path in (ALERTS / "tests").glob("*.yaml"))

    assert [name for name in NAMES if name not in tried] == []


def test_prometheus_of_the_compose_file_reads_the_rules() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "compose" / "prometheus.yml").read_text())
    mounted = (ROOT / "docker-compose.yml").read_text()

    assert config["rule_files"] == ["/etc/prometheus/alerts/*.yaml"]
    assert "./deploy/observability/alerts:/etc/prometheus/alerts:ro" in mounted


@pytest.mark.deploy
@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian has it in `prometheus`")
@pytest.mark.parametrize(
    ("what", "files"),
    [("check", sorted(ALERTS.glob("*.yaml"))), ("test", sorted(ALERTS.glob("tests/*.yaml")))],
    ids=["the rules are well-formed", "they fire when they are to, and only then"],
)
def test_prometheus_itself_judges_the_rules(what: str, files: list[str]) -> None:
    command = ["promtool", what, "rules", *files]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert judged.returncode == 0, judged.stdout + judged.stderr
