"""From an author's YAML to a flow that cannot surprise a running session."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import re2
import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.messages.limits import exceeded
from domain.session.fitting import fit
from domain.session.flows.flow import (
    PLACEHOLDER,
    Ask,
    Branch,
    Complete,
    Definition,
    Flow,
    HandOff,
    Say,
    Template,
)
from domain.session.flows.reminding import filled_with
from domain.session.flows.turn import one_more_file, question


class InvalidFlow(ValueError):
    """The flow cannot be used; every line of the message names a place and what to do."""


class _Loader(yaml.SafeLoader):
    """YAML in which only true and false are booleans: `yes` and `no` are answers."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def parse_flow(source: str, *, file: str = "flow", in_use: bool = False) -> Flow:
    """Return the flow, or raise InvalidFlow with all that is wrong.

    One that sessions are in already is not held to limits that came after it: sender refuses
    what breaks one, and everybody else can go on.
    """
    definition = _definition(_load(source, file), file)
    steps = {step.id: step for step in definition.steps}
    following = dict(_following(definition))
    version = hashlib.sha256(source.encode()).hexdigest()[:16]
    flow = Flow(version, source, definition, steps, following)
    if problems := [*_problems(flow), *(() if in_use else _beyond_limits(flow))]:
        raise InvalidFlow("\n".join(f"{file}: {problem}" for problem in problems))
    return flow


def _load(source: str, file: str) -> Any:
    try:
        return yaml.load(source, Loader=_Loader)  # noqa: S506  # a SafeLoader, see above
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
        problems = [one for one in found if one["type"] != "too_short"] or found
        raise InvalidFlow(
            "\n".join(f"{file}: {_in_words(problem, data)}" for problem in problems)
        ) from None


def _in_words(problem: ErrorDetails, data: Any) -> str:
    """Name the step by its id and say what its author can do."""
    place = [str(part) for part in problem["loc"]]
    if len(place) > 1 and place[0] == "steps":
        step = data["steps"][int(place[1])]
        name = step.get("id") if isinstance(step, dict) else None
        place = [f"step {name or 'number ' + str(int(place[1]) + 1)}", *place[3:]]
    known = {"extra_forbidden": "is not known here", "missing": "is missing"}
    words = known.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"{': '.join(place) or 'the file'}: {words}"


def _following(definition: Definition) -> Iterator[tuple[str, str]]:
    for step, after in pairwise((*definition.steps, None)):
        if step is None or isinstance(step, Branch | Complete):
            continue
        if following := step.next or (after.id if after else None):
            yield step.id, following


def _problems(flow: Flow) -> Iterator[str]:
    for step_id in _repeated(step.id for step in flow.definition.steps):
        yield f"two steps have the id {step_id}: give each its own"
    for step in flow.definition.steps:
        for target in _targets(flow, step):
            if target not in flow.steps:
                yield f"step {step.id} leads to {target}, which does not exist"
        if isinstance(step, Ask | Say) and step.id not in flow.following:
            yield f"step {step.id} leads nowhere: add a next, or a step after it"
        if isinstance(step, Ask):
            yield from _problems_of_question(step)
        yield from _unknown_placeholders(flow, step)
    if flow.definition.template:
        yield from _problems_of_template(flow, flow.definition.template)
    yield from _endless(flow)


def _repeated(ids: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(ids).items() if times > 1]


def _targets(flow: Flow, step: Ask | Say | Branch | HandOff | Complete) -> Iterator[str]:
    if isinstance(step, Branch):
        yield from (case.to for case in step.branch)
        yield step.otherwise
    if isinstance(step, Ask) and step.otherwise:
        yield step.otherwise
    if step.id in flow.following:
        yield flow.following[step.id]


def _problems_of_question(step: Ask) -> Iterator[str]:
    if step.pattern:
        try:
            re2.compile(step.pattern.matches)
        except re2.error:
            yield f"step {step.id}: the pattern is not a regular expression that RE2 knows"
    for option_id in _repeated_options(step):
        yield f"step {step.id}: two options have the id {option_id}: give each its own"


def _repeated_options(step: Ask) -> list[str]:
    return _repeated(option.id for option in step.choice.options) if step.choice else []


def _beyond_limits(flow: Flow) -> Iterator[str]:
    """Find what WhatsApp would refuse whatever the answers are; long words are no problem."""
    template = flow.definition.template
    if template:
        words = {text: text for text in template.texts}
        if problem := exceeded(filled_with(template, words)):
            yield f"template: {problem}"
    for step in flow.definition.steps:
        if isinstance(step, Ask) and not _repeated_options(step):
            yield from _limits_of_question(flow, step)


def _limits_of_question(flow: Flow, step: Ask) -> Iterator[str]:
    anything = dict.fromkeys(flow.steps, "-")
    said = question(flow, step, (), anything)
    if step.files:
        said.append(one_more_file(step, step.files))
    for message in fit(said):
        if problem := exceeded(message):
            yield f"step {step.id}: {problem}"


def _problems_of_template(flow: Flow, template: Template) -> Iterator[str]:
    named = {name for text in template.texts for name in PLACEHOLDER.findall(text)}
    for name in sorted(named - _asked(flow)):
        yield f"template uses the answer {name}, which no step asks for"


def _asked(flow: Flow) -> set[str]:
    return {known.id for known in flow.definition.steps if isinstance(known, Ask)}


def _texts(step: Ask | Say | Branch | HandOff | Complete) -> Iterator[str]:
    match step:
        case Ask():
            yield step.ask
            yield step.wrong or ""
        case Say():
            yield step.say
        case HandOff():
            yield step.hand_off.say or ""
        case Complete():
            yield step.complete.say or ""
        case Branch():
            return


def _unknown_placeholders(
    flow: Flow, step: Ask | Say | Branch | HandOff | Complete
) -> Iterator[str]:
    named = {name for text in _texts(step) for name in PLACEHOLDER.findall(text)}
    if isinstance(step, Branch):
        named |= {case.answer for case in step.branch}
    for name in sorted(named - _asked(flow)):
        yield f"step {step.id} uses the answer {name}, which no step asks for"


def _endless(flow: Flow) -> Iterator[str]:
    """Find circles of steps that never wait for the person."""
    for start in flow.definition.steps:
        if _comes_back(flow, start.id):
            yield f"step {start.id} comes back to itself without asking anything"


def _comes_back(flow: Flow, start: str) -> bool:
    reached: set[str] = set()
    front = [start]
    while front:
        step = flow.steps.get(front.pop())
        if not isinstance(step, Say | Branch):
            continue
        for target in _targets(flow, step):
            if target == start:
                return True
            if target not in reached:
                reached.add(target)
                front.append(target)
    return False
