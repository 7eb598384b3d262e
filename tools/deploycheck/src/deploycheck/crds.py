"""Custom resource definitions: made of the operators' API types, and Strimzi's where they lie."""

import os
import subprocess
from pathlib import Path

from deploycheck.go_tools import GO_MODULES, TOOLS, alone, built, cache, environment

API_TYPES = (
    "github.com/kedacore/keda/v2/apis/keda/v1alpha1",
    "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1",
    "sigs.k8s.io/gateway-api/apis/v1",
)
USED = (
    "scaledobjects",
    "triggerauthentications",
    "servicemonitors",
    "prometheusrules",
    "httproutes",
)
"""Those that the chart makes objects of."""

_NAME = "controller-gen.kubebuilder.io/version"
_UNAPPROVED = "api-approved.kubernetes.io: unapproved, made of the API types for tests"


def strimzi_folder() -> Path:
    """Where Strimzi's definitions would lie: WA_CRDS, or `../shared/crds` beside this checkout."""
    beside = Path(__file__).parents[5] / "shared" / "crds"
    return Path(os.environ.get("WA_CRDS") or beside)


def strimzi() -> list[Path]:
    """KafkaTopic and KafkaUser, or nothing where the folder is missing."""
    return sorted(strimzi_folder().glob("strimzi-*.yaml"))


def generated() -> list[Path]:
    """Those of KEDA, the Prometheus Operator and the Gateway API, made once into the cache."""
    folder = cache() / "crds"
    stamp, fingerprint = folder / "made-of", TOOLS["controller-gen"].fingerprint() + _UNAPPROVED
    program = built("controller-gen")
    with alone(cache() / "built" / "crds.lock"):
        if not (stamp.exists() and stamp.read_text() == fingerprint):
            _generate(program, folder)
            stamp.write_text(fingerprint)
    return [path for name in USED for path in folder.glob(f"*_{name}.yaml")]


def _generate(program: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(  # noqa: S603 - our own command
        [
            str(program),
            "crd:crdVersions=v1,maxDescLen=0,allowDangerousTypes=true",
            *(f"paths={package}" for package in API_TYPES),
            f"output:crd:dir={folder}",
        ],
        cwd=GO_MODULES / "crds",
        env=environment(),
        check=True,
    )
    for path in folder.glob("*.k8s.io_*.yaml"):
        # The API server takes a group of Kubernetes' own only with a word on who approved it.
        text = path.read_text().replace(f"    {_NAME}", f"    {_UNAPPROVED}\n    {_NAME}")
        path.write_text(text)
