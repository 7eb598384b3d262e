"""Does a map name what the flows have? What is misspelt would silently fill no field."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import yaml

from crm_notifier.mapping import HANDED_OFF, CrmMap, FlowMap, answers_in, data_in


class FlowNames(NamedTuple):
    """What a map may name of a flow; `calls` are the flows that it goes through."""

    steps: frozenset[str]
    outcomes: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()


class ByHand(NamedTuple):
    """Outcomes and teams that no flow names: colleagues give them in a session of theirs."""

    outcomes: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


NOTHING = ByHand()


def read_names(sources: Iterable[str]) -> Mapping[str, FlowNames]:
    """Return what each flow names, by its own name, from the text of its file. Raises ValueError.

    Only as much is read as that needs: whether a flow is right is for `flow check` to say.
    """
    return {
        document["name"]: _names(document)
        for source in sources
        for document in _documents(source)
        if isinstance(document, dict) and isinstance(document.get("name"), str)
    }


def _documents(source: str) -> Sequence[Any]:
    try:
        return [*yaml.load_all(source, yaml.BaseLoader)]
    except yaml.YAMLError as error:
        raise ValueError(f"one of the flows is no YAML: {error}") from error


def _names(flow: Mapping[str, Any]) -> FlowNames:
    steps = [step for step in _list(flow.get("steps")) if isinstance(step, dict)]
    ends = [_mapping(step.get("complete")) for step in steps]
    hands = [
        _mapping(one) for one in (flow.get("agent"), *(step.get("hand_off") for step in steps))
    ]
    return FlowNames(
        steps=_texts(step.get("id") for step in steps),
        outcomes=_texts(end.get("outcome") for end in ends),
        data=_texts(key for end in ends for key in _mapping(end.get("data"))),
        teams=_texts(hand.get("team") for hand in hands),
        calls=_texts(_mapping(step.get("call")).get("flow") for step in steps),
    )


def unknown_names(
    crm_map: CrmMap, flows: Mapping[str, FlowNames], by_hand: ByHand = NOTHING
) -> Iterator[str]:
    """Say of each name of the map that is in no flow where it stands, and what to do."""
    for name, flow_map in crm_map.flows.items():
        if name not in flows:
            yield f"flows.{name}: there is no such flow{_perhaps(name, flows)}"
            continue
        yield from _unknown_answers(name, flow_map, flows[name].steps)
        yield from _unknown_data(name, flow_map, flows[name].data)
        yield from _unknown_outcomes(name, flow_map, flows[name].outcomes, by_hand.outcomes)
        yield from _unknown_teams(name, flow_map, _teams(name, flows), by_hand.teams)


def _unknown_answers(flow: str, flow_map: FlowMap, steps: frozenset[str]) -> Iterator[str]:
    named = [
        *((f"answers.{name}", name) for name in flow_map.answers),
        *((f"subject: {name}", name) for name in answers_in(flow_map.subject)),
    ]
    for place, name in named:
        if name.partition(".")[0] not in steps:  # what a called flow asks stands below its step
            yield f"flows.{flow}.{place}: {flow} has no such step{_perhaps(name, steps)}"


def _unknown_data(flow: str, flow_map: FlowMap, data: frozenset[str]) -> Iterator[str]:
    named = [
        *((f"data.{name}", name) for name in flow_map.data),
        *((f"subject: {name}", name) for name in data_in(flow_map.subject)),
    ]
    for place, name in named:
        if name not in data:
            yield (
                f"flows.{flow}.{place}: no end of {flow} names such data{_instead(name, data)}"
                " Name it there under complete: data:, or take it out here"
            )


def _unknown_outcomes(
    flow: str, flow_map: FlowMap, outcomes: frozenset[str], by_hand: frozenset[str]
) -> Iterator[str]:
    known = outcomes | {HANDED_OFF}
    for name in flow_map.stages:
        if name not in known | by_hand:
            yield (
                f"flows.{flow}.stages.{name}: no end of {flow} has this outcome"
                f"{_instead(name, known)} If colleagues end sessions so, say --outcome {name}"
            )


def _unknown_teams(
    flow: str, flow_map: FlowMap, teams: frozenset[str], by_hand: frozenset[str]
) -> Iterator[str]:
    for name in flow_map.owners:
        if name not in teams | by_hand:
            yield (
                f"flows.{flow}.owners.{name}: {flow} hands nothing to this team"
                f"{_instead(name, teams)} If colleagues hand sessions to it, say --team {name}"
            )


def _teams(name: str, flows: Mapping[str, FlowNames]) -> frozenset[str]:
    """Return the teams of a flow and of those that it goes through, however deep."""
    seen = [name]
    for one in seen:
        calls = flows[one].calls if one in flows else frozenset()
        seen += sorted(calls.difference(seen))
    return frozenset().union(*(flows[one].teams for one in seen if one in flows))


def _texts(found: Iterable[Any]) -> frozenset[str]:
    return frozenset(one for one in found if isinstance(one, str) and one)


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _perhaps(name: str, known: Iterable[str]) -> str:
    alike = get_close_matches(name, known, n=1)
    return f"; did you mean {alike[0]}?" if alike else ""


def _instead(name: str, known: Collection[str]) -> str:
    """Return the name that may have been meant, or all that there are."""
    return _perhaps(name, known) or f" (there are: {', '.join(sorted(known)) or 'none'})."
