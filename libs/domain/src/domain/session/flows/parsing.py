"""From an author's YAML to a flow that cannot surprise a running session."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from domain.session.flows.checking import problems
from domain.session.flows.complaining import in_words
from domain.session.flows.definition import Definition
from domain.session.flows.flow import Flow
from domain.session.flows.heard import words_of
from domain.session.flows.linking import Unlinkable, callees, link
from domain.session.flows.timing import keeps_time
from domain.session.flows.yaml_text import Unreadable, documents

_NEXT_DOCUMENT = "\n---\n"


class InvalidFlow(ValueError):
    """The flow cannot be used; every line of the message names a place and what to do."""


def parse_flow(source: str, *, file: str = "flow", in_use: bool = False) -> Flow:
    """Return the flow, or raise InvalidFlow with all that is wrong.

    The flows that it calls stand behind it in the same source, as further YAML documents. One
    that sessions are in already was checked when it was new, and is not held to rules that came
    after it.
    """
    first, *called = [_definition(data, file) for data in _load(source, file, in_use=in_use)]
    others = {definition.name: definition for definition in called}
    flow = _linked(source, first, others, file)
    if not in_use:
        _check(flow, file)
    return flow


def parse_flows(sources: Mapping[str, str]) -> dict[str, Flow]:
    """Return flows by file name, each with those of the others that it calls.

    Raises InvalidFlow with all that is wrong with any.
    """
    read, wrong = _read(sources)
    by_name = {one.name: (one, sources[file]) for file, one in read.items()}
    called = {name for one in read.values() for name in callees(one)}
    flows: dict[str, Flow] = {}
    unread = {_name(sources[file], file) for file in sources.keys() - read.keys()}
    for file, definition in read.items():
        if unread & {*callees(definition)}:
            continue  # what is wrong with it is told when the other can be read
        try:
            is_part = definition.name in called and not definition.triggers.begin_it
            flows[file] = _with_callees(definition, sources[file], by_name, file, is_part=is_part)
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
            read[file] = _definition(_load(source, file, in_use=False)[0], file)
        except InvalidFlow as error:
            wrong.append(str(error))
    return read, wrong


def _name(source: str, file: str) -> str:
    """Return the name of a flow of which nothing else may be right."""
    try:
        name = documents(source, in_use=True)[0]["name"]
    except (Unreadable, TypeError, KeyError):
        name = None
    return name if isinstance(name, str) else file.rpartition("/")[2].removesuffix(".yaml")


def _with_callees(
    definition: Definition,
    source: str,
    known: Mapping[str, tuple[Definition, str]],
    file: str,
    *,
    is_part: bool,
) -> Flow:
    names = _every_callee(definition, known)
    others = {name: known[name][0] for name in names}
    bundle = _NEXT_DOCUMENT.join((source, *(known[name][1] for name in names)))
    flow = _linked(bundle, definition, others, file)
    _check(flow, file, is_part=is_part)
    return flow


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
) -> Flow:
    try:
        linked = link(definition, others)
    except Unlinkable as error:
        raise InvalidFlow(f"{file}: {error}") from None
    return Flow(
        version=hashlib.sha256(source.encode()).hexdigest()[:16],
        source=source,
        definition=definition,
        steps=linked.steps,
        following=linked.following,
        called=linked.called,
        words=words_of(definition),
        keeps_time=keeps_time(definition, linked.steps.values()),
    )


def _check(flow: Flow, file: str, *, is_part: bool = False) -> None:
    if found := [*problems(flow, is_part=is_part)]:
        raise InvalidFlow(_told(file, found))


def _told(file: str, problems: Iterable[str]) -> str:
    """Give each problem a line of its own, whatever the author's words in it are."""
    lines = (" ".join(problem.splitlines()) for problem in problems)
    return "\n".join(dict.fromkeys(f"{file}: {line}" for line in lines))


def _load(source: str, file: str, *, in_use: bool) -> list[Any]:
    try:
        return documents(source, in_use=in_use)
    except Unreadable as error:
        places = ((f"line {line}: " if line else "", words) for line, words in error.mistakes)
        raise InvalidFlow(_told(file, (place + words for place, words in places))) from None


def _definition(data: Any, file: str) -> Definition:
    try:
        return Definition.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list that is too short only because its items are wrong is no news.
        wrong = [one for one in found if one["type"] != "too_short"] or found
        told = _told(file, (in_words(problem, data) for problem in wrong))
        raise InvalidFlow(told) from None
