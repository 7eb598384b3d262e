"""What the chart is rendered with: its examples, written scenarios, and each value turned over."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from deploycheck.chart import CHART, example, examples
from deploycheck.rendering import Scenario, Values

SCENARIOS = Path(__file__).parents[2] / "scenarios"

_TERM = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}
_EXAMPLES: Mapping[str, Sequence[Any]] = {
    "address": ["clamd.clamav:3311"],
    "advanced": [{"restoreToOriginalReplicaCount": True}],
    "affinity": [{"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_TERM]}}],
    "annotations": [{"example.com/note": "yes"}],
    "behavior": [{"scaleDown": {"stabilizationWindowSeconds": 60}}],
    "commonLabels": [{"team": "talk"}],
    "containerSecurityContext": [{"runAsUser": 20001}],
    "credentials": ["static", "chain"],
    "digest": ["sha256:" + "0" * 64],
    "endpointUrl": ["https://s3.example.com:9443", "https://s3.example.com"],
    "extraEgress": [[{"to": [{"podSelector": {}}], "ports": [{"port": 80}]}]],
    "extraEnv": [[{"name": "A", "value": "b"}]],
    "extraEnvFrom": [[{"configMapRef": {"name": "more"}}]],
    "extraIngress": [[{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}]],
    "extraObjects": [
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-{{ .Release.Name }}"}}],
    ],
    "extraTriggers": [[{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}}]],
    "extraVolumeMounts": [[{"name": "more", "mountPath": "/more"}]],
    "extraVolumes": [[{"name": "more", "emptyDir": {}}]],
    "files": [{"claim.yaml": "flow: claim\n"}],
    "imagePullSecrets": [[{"name": "registry"}]],
    "kind": ["webhook", "console"],
    "labels": [{"release": "monitoring"}],
    "linkEndpointUrl": ["https://files.example.com"],
    "management": ["job", "strimzi", "external"],
    "mechanism": ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER"],
    "metricRelabelings": [[{"action": "labeldrop", "regex": "pod"}]],
    "minAvailable": [1, "50%"],
    "nodeSelector": [{"kubernetes.io/arch": "amd64"}],
    "otlpEndpoint": ["http://collector.monitoring:4318", "https://collector.example.com"],
    "parentRefs": [[{"name": "public"}]],
    "podAnnotations": [{"example.com/note": "yes"}],
    "podLabels": [{"team": "talk"}],
    "podSecurityContext": [{"supplementalGroups": [7]}],
    "ports": [[9094]],
    "profile": ["production", "dev"],
    "protocol": ["SASL_SSL", "SSL", "SASL_PLAINTEXT", "PLAINTEXT"],
    "pullPolicy": ["IfNotPresent"],
    "relabelings": [[{"action": "labeldrop", "regex": "pod"}]],
    "scan": ["required", "optional", "off", False],
    "sslMode": ["verify-full", "verify-ca", "require", "prefer"],
    "to": [[{"ipBlock": {"cidr": "203.0.113.0/24"}}]],
    "tolerations": [[{"key": "talk", "operator": "Exists"}]],
    "topologySpreadConstraints": [
        [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
    ],
}
"""What to put where a value of this name stands; other texts become empty, or a word."""


def written() -> list[Scenario]:
    """Read the chart's own examples, and the scenarios that lie beside this package."""
    shown = [Scenario(path.stem, _read(path), compare=True) for path in examples()]
    base = _read(example("default"))
    return shown + [
        _scenario(path.stem, number, case, base)
        for path in sorted(SCENARIOS.glob("*.yaml"))
        for number, case in enumerate(_read(path)["scenarios"], start=1)
    ]


def turned_over(base: Scenario) -> Iterator[Scenario]:
    """Repeat the scenario `base` once for each value of the chart, with that one value another."""
    whole = laid_over(_read(CHART / "values.yaml"), base.values)
    for path, value in _leaves(whole, ()):
        for other in _others(path[-1], value):
            change: Any = other
            for key in reversed(path):
                change = {key: change}
            yield Scenario(
                f"{base.name}, {'.'.join(path)}: {other!r}",
                laid_over(base.values, change),
                base.api_versions,
                base.upgrade,
                base.cluster,
                base.release,
            )


def laid_over(below: Values, above: Values) -> dict[str, Any]:
    """Merge two trees of values as Helm does: blocks key by key, everything else whole."""
    whole = dict(deepcopy(below))
    for key, value in above.items():
        blocks = isinstance(value, Mapping) and isinstance(whole.get(key), Mapping)
        whole[key] = laid_over(whole[key], value) if blocks else value
    return whole


def _scenario(file: str, number: int, case: Values, base: Values) -> Scenario:
    """One case of a file; it says only what differs from the chart's default example."""
    return Scenario(
        f"{file} {number}: {case['name']}",
        laid_over({} if case.get("alone") else base, case.get("values", {})),
        case.get("apiVersions", ()),
        case.get("upgrade", False),
        case.get("cluster", ()),
        case.get("release", "agent"),
        compare=True,
        refused=case.get("refused", ""),
    )


def _leaves(node: Values, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in node.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, key))
        if not isinstance(value, Mapping) or key in _EXAMPLES:
            yield (*above, key), value


def _others(key: str, value: object) -> Sequence[Any]:
    if isinstance(value, bool):
        return [not value]
    if key in _EXAMPLES:
        emptied: list[Any] = [[]] if isinstance(value, list) and value else []
        return [other for other in _EXAMPLES[key] if other != value] + emptied
    if isinstance(value, str):
        return [""] if value else ["example"]
    if isinstance(value, int | float):
        return [0, 1] if value != 1 else [0, 2]
    return [[]] if value else []


def _read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded
