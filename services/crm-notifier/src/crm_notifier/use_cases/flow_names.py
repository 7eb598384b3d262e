"""Does a map name answers that the flows have? Misspelt ones would silently fill no field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml

from crm_notifier.mapping import CrmMap, FlowMap, answers_in


def questions(sources: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the steps of each flow by its name, from the text of its file. Raises ValueError.

    Only as much is read as that needs: whether a flow is right is for `flow check` to say.
    """
    found: dict[str, frozenset[str]] = {}
    for source in sources:
        for document in _documents(source):
            if isinstance(document, dict) and isinstance(document.get("name"), str):
                found[document["name"]] = frozenset(_steps(document.get("steps")))
    return found


def _documents(source: str) -> Sequence[Any]:
    try:
        return [*yaml.load_all(source, yaml.BaseLoader)]
    except yaml.YAMLError as error:
        raise ValueError(f"one of the flows is no YAML: {error}") from error


def unknown_names(crm_map: CrmMap, flows: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Say of each flow and answer of the map that is in no flow where it stands."""
    for name, flow_map in crm_map.flows.items():
        if name not in flows:
            yield f"flows.{name}: there is no such flow{_perhaps(name, flows)}"
        else:
            yield from _unknown_answers(name, flow_map, flows[name])


def _unknown_answers(flow: str, flow_map: FlowMap, steps: frozenset[str]) -> Iterator[str]:
    named = [
        *((f"answers.{name}", name) for name in flow_map.answers),
        *((f"subject: {name}", name) for name in answers_in(flow_map.subject)),
    ]
    for place, name in named:
        if name.partition(".")[0] not in steps:  # what a called flow asks stands below its step
            yield f"flows.{flow}.{place}: {flow} has no such step{_perhaps(name, steps)}"


def _steps(steps: Any) -> Iterator[str]:
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(step.get("id"), str):
            yield step["id"]


def _perhaps(name: str, known: Iterable[str]) -> str:
    alike = get_close_matches(name, known, n=1)
    return f"; did you mean {alike[0]}?" if alike else ""
