"""What is wrong with a flow, each in a sentence that says where and what to do."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from domain.session.flows.checking_formulas import problems_of_formulas
from domain.session.flows.checking_questions import problems_of_question
from domain.session.flows.checking_texts import problems_of_texts
from domain.session.flows.checking_times import problems_of_times
from domain.session.flows.flow import Flow, within
from domain.session.flows.leading import targets
from domain.session.flows.patterns import why_unreadable
from domain.session.flows.scope import ROOTS
from domain.session.flows.steps import (
    Ask,
    Branch,
    Call,
    Complete,
    HandOff,
    Lookup,
    Say,
    SendTemplate,
    Set,
    Step,
    Wait,
)

RESERVED = ROOTS | {"item"}
"""Names that expressions have for other things than answers."""


def problems(flow: Flow, *, is_part: bool = False) -> Iterator[str]:
    """Yield all that is wrong with a flow and what it calls.

    One that is only ever called is a part of others, whose own texts and template are said.
    """
    if repeated := [*_repeated_steps(flow)]:
        yield from repeated
        return  # of two steps with one name only one could be looked at
    lost = [*_lost(flow)]
    yield from lost
    for step in flow.steps.values():
        if isinstance(step, Ask):
            yield from problems_of_question(flow, step)
        if isinstance(step, Call):
            yield from _problems_of_call(flow, step)
    yield from _problems_of_names(flow)
    yield from _problems_of_triggers(flow)
    yield from problems_of_times(flow, is_part=is_part)
    yield from problems_of_formulas(flow)
    if not lost:
        yield from _endless(flow)
        yield from _unreachable(flow)
        yield from problems_of_texts(flow, is_part=is_part)


def _repeated_steps(flow: Flow) -> Iterator[str]:
    for definition in (flow.definition, *flow.called.values()):
        for step_id in _repeated(step.id for step in definition.steps):
            yield f"two steps have the id {step_id}: give each its own"


def _repeated(ids: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(ids).items() if times > 1]


def _lost(flow: Flow) -> Iterator[str]:
    """Find steps that lead to none, or to one that is not there."""
    for step in flow.steps.values():
        for target in targets(flow, step):
            if target not in flow.steps:
                meant = _meant(flow, target)
                yield f"step {step.id} leads to {target}, which does not exist{meant}"
        ends = isinstance(step, Branch | Complete | HandOff)
        if not ends and step.id not in flow.following:
            yield f"step {step.id} leads nowhere: add a next, or a step after it"
    closing, lease = flow.definition.window_closing, flow.definition.agent.lease
    for place, to in (("window_closing", closing and closing.to), ("agent", lease and lease.to)):
        if to and to not in flow.steps:
            yield f"{place} leads to {to}, which does not exist"


def _meant(flow: Flow, target: str) -> str:
    """Ask for a step of nearly this name; of those of called flows their own files tell."""
    near = get_close_matches(target, [step.id for step in flow.definition.steps], 1)
    return f"; did you mean {near[0]}?" if near and not within(target) else ""


def _problems_of_call(flow: Flow, step: Call) -> Iterator[str]:
    called = flow.called[step.id + "."]
    variables = called.triggers.variables
    for name in sorted(step.call.given.keys() - variables.keys()):
        yield f"step {step.id}: {called.name} has no variable {name}"
    for name, variable in variables.items():
        if variable.default is None and name not in step.call.given:
            yield f"step {step.id}: {called.name} needs the variable {name}: name it under with"


def _problems_of_names(flow: Flow) -> Iterator[str]:
    for scope, definition in (("", flow.definition), *flow.called.items()):
        steps = {step.id for step in definition.steps}
        made = [*definition.triggers.variables]
        made += [name for s in definition.steps if isinstance(s, Set) for name in s.set]
        for name in sorted({*steps, *made} & RESERVED):
            yield f"{scope}{name} is a name that expressions have for something else: take another"
        if scope and "outcome" in {*steps, *made}:
            yield f"{scope}outcome is how the call ended: give the step or variable another name"
        for name in sorted(steps & {*made}):
            yield f"{scope}{name} is a step and a variable: give one of them another name"


def _problems_of_triggers(flow: Flow) -> Iterator[str]:
    triggers = flow.definition.triggers
    for number, pattern in enumerate(triggers.patterns, 1):
        if why := why_unreadable(pattern):
            yield f"triggers: patterns: number {number}: {why}"
    for name, variable in triggers.variables.items():
        if variable.default is None and triggers.begin_it:
            yield (
                f"triggers: the variable {name} has no default, but a person's message can begin "
                "the flow: give it one"
            )
    for migration in flow.definition.migrations:
        for step in sorted({*migration.steps.values()} - flow.steps.keys()):
            yield f"migrations: step {step} does not exist"


def _endless(flow: Flow) -> Iterator[str]:
    """Find circles of steps that never wait for anybody."""
    for start in flow.steps.values():
        if start.id in _reached_at_once(flow, start):
            yield f"step {start.id} comes back to itself without asking anything"


def _reached_at_once(flow: Flow, start: Step) -> set[str]:
    reached: set[str] = set()
    front = [start.id]
    while front:
        step = flow.steps[front.pop()]
        if _waits(step):
            continue
        new = {*targets(flow, step)} - reached
        reached |= new
        front.extend(new)
    return reached


def _waits(step: Step) -> bool:
    """Say whether a session always waits at this step; a moment that has passed is no wait."""
    if isinstance(step, Wait):
        return step.wait.until is None
    # Another service may answer at once, too.
    at_once = isinstance(step, Say | Branch | Set | Call | SendTemplate | Lookup)
    return not at_once and not (isinstance(step, Complete) and within(step.id) != "")


def _unreachable(flow: Flow) -> Iterator[str]:
    closing, lease = flow.definition.window_closing, flow.definition.agent.lease
    begins = (flow.first, closing and closing.to, lease and lease.to)
    front = [step for step in begins if step]
    reached = {*front}
    while front:
        new = {*targets(flow, flow.steps[front.pop()])} - reached
        reached |= new
        front.extend(new)
    for step in flow.steps:
        if step not in reached:
            yield f"step {step} is never reached: lead to it or take it out"
