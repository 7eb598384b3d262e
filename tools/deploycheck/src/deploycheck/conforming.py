"""kubeconform over rendered manifests, by the schemas of Kubernetes and of custom resources."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deploycheck import crds
from deploycheck.go_tools import built
from deploycheck.schemas import write_schemas

STRIMZI_KINDS = ("KafkaTopic", "KafkaUser")


class Verdict(NamedTuple):
    """How many objects were looked at, and what is wrong with the others."""

    valid: int
    faults: Sequence[str]
    skipped: int


@dataclass(frozen=True)
class Conformity:
    """The schemas of one version of Kubernetes and of all custom resources of the chart."""

    version: str
    location: str
    unknown: Sequence[str]

    def check(self, manifests: Iterable[str], folder: Path) -> Verdict:
        """Judge `manifests`, written into `folder`; a kind without a schema is a fault."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(manifests):
            (folder / f"{number:05}.yaml").write_text(text)
        ran = subprocess.run(  # noqa: S603 - our own command
            [*self._command(), str(folder)], capture_output=True, text=True, check=False
        )
        told = json.loads(ran.stdout)
        summary = told["summary"]
        faults = [
            f"{fault['filename']}: {fault['kind']} {fault['name']}: {fault['msg']}"
            for fault in told["resources"]
            if fault["status"] in {"statusInvalid", "statusError"}
        ]
        return Verdict(summary["valid"], faults, summary["skipped"])

    def _command(self) -> list[str]:
        skipped = ["-skip", ",".join(self.unknown)] if self.unknown else []
        location = ["-schema-location", self.location, "-kubernetes-version", self.version]
        return [str(built("kubeconform")), "-strict", "-summary", "-output", "json"] + (
            location + skipped
        )


def conformity(version: str, folder: Path) -> Conformity:
    """Prepare to judge by `version` of Kubernetes, with the schemas in `folder`."""
    strimzi = crds.strimzi()
    location = write_schemas(folder, version, [*crds.generated(), *strimzi])
    return Conformity(version, location, () if strimzi else STRIMZI_KINDS)
