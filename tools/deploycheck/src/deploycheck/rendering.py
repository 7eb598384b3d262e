"""Rendering the chart with many values at once, and which way each `if` of its templates went."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from deploycheck.chart import CHART
from deploycheck.go_tools import built

REFUSED = "This would not be safe"
"""How the chart begins when it says no by itself."""
AGAINST_SCHEMA = "values don't meet the specifications of the schema"

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """What a chart is installed with, and onto what: `cluster` holds the objects already there.

    With `compare` it is made sure that watching the branches does not change what is rendered.
    `refused` is part of the sentence that says no; empty where it must be installed.
    """

    name: str
    values: Values
    api_versions: Sequence[str] = ()
    upgrade: bool = False
    cluster: Sequence[Values] = ()
    release: str = "agent"
    compare: bool = False
    refused: str = ""


class Branch(NamedTuple):
    """One `if` or `with`, and how often it went each way over all scenarios."""

    file: str
    line: int
    keyword: str
    condition: str
    then: int
    otherwise: int

    @property
    def done(self) -> bool:
        """Tell whether each side was rendered; `with` over what is always there has but one."""
        return bool(self.then and (self.otherwise or self.keyword == "with"))

    def __str__(self) -> str:
        """Where it is, and which side nothing went."""
        missing = "never true" if not self.then else "never false"
        return f"{self.file}:{self.line}: {missing}: {self.keyword} {self.condition}"


class Rendered(NamedTuple):
    """What came of a scenario: objects as YAML, or why not.

    `softened` names the pods that a namespace which enforces `restricted` would not take.
    """

    name: str
    manifests: Sequence[str]
    error: str
    softened: Sequence[str] = ()

    @property
    def refused(self) -> bool:
        """Tell whether the chart said no on purpose, by a sentence or by its schema."""
        return REFUSED in self.error or AGAINST_SCHEMA in self.error


def render(scenarios: Iterable[Scenario]) -> tuple[list[Rendered], list[Branch]]:
    """Render each scenario by Helm's own engine; CalledProcessError if a template is broken."""
    lines = "\n".join(json.dumps(_asked(scenario)) for scenario in scenarios)
    ran = subprocess.run(  # noqa: S603 - our own command
        [str(built("branches")), str(CHART)],
        input=lines,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    *answers, last = map(json.loads, ran.stdout.splitlines())
    branches = [Branch(**branch) for branch in last["branches"]]
    return [_rendered(answer) for answer in answers], branches


def _asked(scenario: Scenario) -> Values:
    asked = asdict(scenario)
    del asked["refused"]
    return asked


def _rendered(answer: Mapping[str, Any]) -> Rendered:
    files = answer["files"] or {}
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    documents = [part for text in texts for part in f"\n{text}".split("\n---")]
    manifests = [part for part in documents if _speaks(part)]
    return Rendered(answer["name"], manifests, answer["error"], answer["softened"] or ())


def _speaks(document: str) -> bool:
    """Tell an object from white space and comments."""
    return any(line.strip() and not line.startswith("#") for line in document.splitlines())
