"""To which steps a step can lead."""

from collections.abc import Iterator

from domain.session.flows.flow import Flow, within
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


def targets(flow: Flow, step: Step) -> Iterator[str]:
    """Yield the full names of the steps to which this one can lead."""
    for name in _named_targets(step):
        yield within(step.id) + name
    if isinstance(step, Call):
        yield f"{step.id}.{flow.called[step.id + '.'].steps[0].id}"
    if isinstance(step, Complete) and within(step.id):
        yield from _after(flow, within(step.id).removesuffix("."))
    yield from _after(flow, step.id)


def _after(flow: Flow, step_id: str) -> Iterator[str]:
    if step_id in flow.following:
        yield flow.following[step_id]


def _named_targets(step: Step) -> Iterator[str]:
    match step:
        case Branch():
            yield from (case.to for case in step.branch)
            yield step.otherwise
        case Ask() | FlowForm():
            if isinstance(step, Ask) and step.otherwise:
                yield step.otherwise
            if step.timeout:
                yield step.timeout.to
        case HandOff(hand_off=handing) if handing.lease and handing.lease.to:
            yield handing.lease.to
        case Wait() if step.wait.heard:
            yield step.wait.heard
        case Lookup():
            yield step.not_found
            yield step.failed
        case _:
            return
