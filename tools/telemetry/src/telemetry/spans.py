"""A span as it was exported, as one line of JSON, and the tree that spans of a trace make."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Linked:
    """Another span that one links to."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """Everything that a service told of a span. Times are nanoseconds since the epoch."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    """Empty for the first of a trace."""
    begin: int
    end: int
    status: str
    attributes: dict[str, Any] = field(default_factory=dict)
    links: tuple[Linked, ...] = ()
    resource: dict[str, Any] = field(default_factory=dict)
    beside: str = ""
    """What ours never have: events, a description of the status, a trace state."""

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read(file: Path) -> list[Exported]:
    """Return the spans of a file that `Receiver` writes; a line that is being written is left."""
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [_span(json.loads(line)) for line in lines if line.endswith("\n")]


def _span(told: dict[str, Any]) -> Exported:
    links = tuple(Linked(**link) for link in told.pop("links"))
    return Exported(**told, links=links)


def tree(spans: Iterable[Exported]) -> Iterator[tuple[int, Exported]]:
    """Give the spans of a trace by begin, each with its depth, children behind their parent."""
    by_parent: defaultdict[str, list[Exported]] = defaultdict(list)
    every = {span.span_id: span for span in spans}
    for span in sorted(every.values(), key=lambda one: one.begin):
        by_parent[span.parent_id if span.parent_id in every else ""].append(span)

    def below(parent: str, depth: int) -> Iterator[tuple[int, Exported]]:
        for span in by_parent[parent]:
            yield depth, span
            yield from below(span.span_id, depth + 1)

    return below("", 0)
