"""From an author's YAML to a flow that cannot surprise a running session."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.session.flows.checking import problems
from domain.session.flows.definition import Definition
from domain.session.flows.flow import Flow
from domain.session.flows.heard import words_of
from domain.session.flows.linking import Unlinkable, callees, link
from domain.session.flows.timing import keeps_time

_NEXT_DOCUMENT = "\n---\n"


class InvalidFlow(ValueError):
    """The flow cannot be used; every line of the message names a place and what to do."""


class Loader(yaml.SafeLoader):
    """YAML in which only true and false are booleans: `yes` and `no` are answers."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Return what the node stands for, or raise with its place."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError, TypeError) as error:
            why = "there is no such day, time or number"
            raise yaml.constructor.ConstructorError(None, None, why, node.start_mark) from error


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def parse_flow(source: str, *, file: str = "flow", in_use: bool = False) -> Flow:
    """Return the flow, or raise InvalidFlow with all that is wrong.

    The flows that it calls stand behind it in the same source, as further YAML documents. One
    that sessions are in already was checked when it was new, and is not held to rules that came
    after it.
    """
    first, *called = [_definition(data, file) for data in _load(source, file)]
    others = {definition.name: definition for definition in called}
    return _linked(source, first, others, file, in_use=in_use)


def parse_flows(sources: Mapping[str, str]) -> dict[str, Flow]:
    """Return flows by file name, each with those of the others that it calls.

    Raises InvalidFlow with all that is wrong with any.
    """
    read, wrong = _read(sources)
    by_name = {one.name: (one, sources[file]) for file, one in read.items()}
    flows: dict[str, Flow] = {}
    for file, definition in read.items():
        try:
            flows[file] = _with_callees(definition, sources[file], by_name, file)
        except InvalidFlow as error:
            wrong.append(str(error))
    if wrong:
        raise InvalidFlow("\n".join(wrong))
    return flows


def _read(sources: Mapping[str, str]) -> tuple[dict[str, Definition], list[str]]:
    read: dict[str, Definition] = {}
    wrong: list[str] = []
    for file, source in sources.items():
        try:
            read[file] = _definition(_load(source, file)[0], file)
        except InvalidFlow as error:
            wrong.append(str(error))
    return read, wrong


def _with_callees(
    definition: Definition, source: str, known: Mapping[str, tuple[Definition, str]], file: str
) -> Flow:
    names = _every_callee(definition, known)
    others = {name: known[name][0] for name in names}
    bundle = _NEXT_DOCUMENT.join((source, *(known[name][1] for name in names)))
    return _linked(bundle, definition, others, file, in_use=False)


def _every_callee(definition: Definition, known: Mapping[str, tuple[Definition, str]]) -> list[str]:
    """Return the names of all flows that are called, those too that only these call."""
    found: dict[str, None] = {}
    front = [*callees(definition)]
    while front:
        name = front.pop(0)
        if name in known and name not in found and name != definition.name:
            found[name] = None
            front.extend(callees(known[name][0]))
    return sorted(found)


def _linked(
    source: str,
    definition: Definition,
    others: Mapping[str, Definition],
    file: str,
    *,
    in_use: bool,
) -> Flow:
    try:
        linked = link(definition, others)
    except Unlinkable as error:
        raise InvalidFlow(f"{file}: {error}") from None
    flow = Flow(
        version=hashlib.sha256(source.encode()).hexdigest()[:16],
        source=source,
        definition=definition,
        steps=linked.steps,
        following=linked.following,
        called=linked.called,
        words=words_of(definition),
        keeps_time=keeps_time(definition, linked.steps.values()),
    )
    if not in_use and (found := [*problems(flow)]):
        raise InvalidFlow("\n".join(f"{file}: {problem}" for problem in found))
    return flow


def _load(source: str, file: str) -> list[Any]:
    try:
        return list(yaml.load_all(source, Loader=Loader)) or [None]  # a SafeLoader, see above
    except RecursionError:
        raise InvalidFlow(f"{file}: too many brackets or lists stand in others") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise InvalidFlow(f"{file}: {place}this is not YAML: {_why_not(error)}") from None


def _why_not(error: yaml.YAMLError) -> str:
    problem = str(getattr(error, "problem", None) or "unreadable characters")
    return "indent with blanks, not tabs" if "\\t" in problem else problem


def _definition(data: Any, file: str) -> Definition:
    try:
        return Definition.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list that is too short only because its items are wrong is no news.
        wrong = [one for one in found if one["type"] != "too_short"] or found
        raise InvalidFlow("\n".join(_each_in_words(wrong, data, file))) from None


def _each_in_words(wrong: Iterable[ErrorDetails], data: Any, file: str) -> Iterable[str]:
    return dict.fromkeys(f"{file}: {in_words(problem, data)}" for problem in wrong)


def in_words(problem: ErrorDetails, data: Any) -> str:
    """Name the step by its id and say what its author can do."""
    place = [str(part) for part in problem["loc"]]
    if len(place) > 1 and place[0] == "steps":
        step = data["steps"][int(place[1])]
        name = step.get("id") if isinstance(step, dict) else None
        place = [f"step {name or 'number ' + str(int(place[1]) + 1)}", *place[3:]]
    known = {
        "extra_forbidden": "is not known here",
        "missing": "is missing",
        "model_type": "has keys of its own, such as `name: claim`",
    }
    words = known.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"{': '.join(place) or 'the file'}: {words}"
