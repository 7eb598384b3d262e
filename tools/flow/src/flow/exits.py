"""Where each step of a flow can lead, and on what condition."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from domain.session.flows.definition import Definition
from domain.session.flows.steps import (
    Ask,
    Branch,
    Call,
    Complete,
    FlowForm,
    HandOff,
    Lookup,
    Step,
    Wait,
)
from domain.session.flows.steps_passing import Case
from domain.session.flows.steps_waiting import Timeout

WINDOW = "window closing"
"""The condition of what happens just before the 24-hour window closes; no step leads there."""


class Exit(NamedTuple):
    """A way from one step to another; `to` is none where nothing follows."""

    step: str | None
    to: str | None
    label: str


def exits(definition: Definition) -> Iterator[Exit]:
    """Yield the ways out of every step, in the order of the file."""
    for step, after in pairwise((*definition.steps, None)):
        if step is not None:
            yield from _of_step(step, _next(step, after))
    closing = definition.window_closing
    if closing is not None and closing.to is not None:
        yield Exit(None, closing.to, WINDOW)


def _next(step: Step, after: Step | None) -> str | None:
    named = None if isinstance(step, Branch | Complete) else step.next
    return named or (after.id if after is not None else None)


def _of_step(step: Step, following: str | None) -> Iterator[Exit]:
    match step:
        case Complete():
            return
        case Branch():
            for case in step.branch:
                yield Exit(step.id, case.to, condition(case))
            yield Exit(step.id, step.otherwise, "otherwise")
            return
        case Ask():
            yield Exit(step.id, following, "")
            if step.otherwise:
                wrong = (step.retries or 0) + 1
                yield Exit(step.id, step.otherwise, f"{wrong} wrong answers")
            yield from _timeout(step.id, step.timeout)
        case FlowForm():
            yield Exit(step.id, following, "")
            yield from _timeout(step.id, step.timeout)
        case HandOff():
            yield Exit(step.id, following, "given back")
            if step.hand_off.lease:
                lease = step.hand_off.lease
                yield Exit(step.id, lease.to or following, f"after {span(lease.after)}")
        case Lookup():
            yield Exit(step.id, following, "found")
            yield Exit(step.id, step.not_found, "not found")
            yield Exit(step.id, step.failed, "failed")
        case Call():
            yield Exit(step.id, following, "back")
        case Wait() if step.wait.heard:
            yield Exit(step.id, following, "")
            yield Exit(step.id, step.wait.heard, "a message")
        case _:
            yield Exit(step.id, following, "")


def _timeout(step: str, timeout: Timeout | None) -> Iterator[Exit]:
    if timeout is not None:
        yield Exit(step, timeout.to, f"after {span(timeout.after)}")


def condition(case: Case) -> str:
    """Say when a case fits."""
    return case.when or f"{case.answer} is {' or '.join(case.one_of)}"


def span(length: timedelta) -> str:
    """Write a length of time as an author does."""
    seconds = int(length.total_seconds())
    for unit, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"
