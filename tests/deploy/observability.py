"""Alert rules and dashboards as they lie in the project, and what they speak of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import yaml

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "observability" / "alerts"
DASHBOARDS = ROOT / "deploy" / "observability" / "dashboards"
RUNBOOKS = ROOT / "docs" / "runbooks"
REFERENCE = ROOT / "docs" / "reference"
Json: TypeAlias = dict[str, Any]

HOST = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"}
"""Of Prometheus and its Python client, not of ours."""
_QUOTED = re.compile(r'"[^"]*"')
_MATCHERS = re.compile(r"\{[^}]*\}")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b(?!\s*\()")


def rules() -> list[Json]:
    """Give every alert rule."""
    files = (yaml.safe_load(path.read_text()) for path in sorted(ALERTS.glob("*.yaml")))
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def dashboards() -> dict[str, Json]:
    """Give every dashboard by the name of its file."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels(dashboard: Json) -> Iterator[Json]:
    """Give the panels that show something."""
    yield from (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries(dashboard: Json) -> list[str]:
    """Give what its panels ask Prometheus."""
    return [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]


def metrics_in(expression: str) -> set[str]:
    """Give the names of the metrics that an expression speaks of."""
    bare = _LABELS.sub("", _MATCHERS.sub("", _QUOTED.sub('""', expression)))
    return set(_NAME.findall(bare)) | ({"up"} & set(re.findall(r"\w+", bare)))


def listed() -> dict[str, str]:
    """Give every metric that the reference lists, with its kind."""
    page = (REFERENCE / "telemetry.md").read_text()
    return dict(re.findall(r"^\| `(\w+)` \| (gauge|counter|histogram)", page, re.MULTILINE))


def labels_of(metrics: set[str]) -> set[str]:
    """Give the labels that these metrics have, Prometheus's own among them."""
    page = (REFERENCE / "telemetry.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]*\| [^|]*\| ([^|]*)\|$", page, re.MULTILINE)
    told = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    plain = {re.sub(r"_(bucket|sum|count)$", "", name) for name in metrics} | metrics
    return {"namespace", "job", "instance", "le"}.union(*(told.get(name, set()) for name in plain))


def labels_in(expression: str) -> set[str]:
    """Give the labels by which an expression selects and groups."""
    groups = " ".join(_LABELS.findall(expression))
    selected = re.findall(r"[{,]\s*(\w+)\s*(?:=~|!=|!~|=)", _QUOTED.sub('""', expression))
    return set(selected) | (set(re.findall(r"\w+", groups)) - {"by", "without", "on"})


def emitted() -> set[str]:
    """Give every name that stands at /metrics."""
    ends = {"gauge": ("",), "counter": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return HOST | {name + end for name, kind in listed().items() for end in ends[kind]}


def kebab(name: str) -> str:
    """Give the name of an alert as its runbook's file has it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
