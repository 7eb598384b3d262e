"""What a flow waits for although it never comes: its session is over by then."""

from collections.abc import Iterator
from datetime import timedelta

from domain.session.flows.flow import Flow, within
from domain.session.flows.leading import targets
from domain.session.flows.steps import (
    Ask,
    Branch,
    Call,
    Complete,
    FlowForm,
    HandOff,
    Lookup,
    Say,
    Set,
    Step,
)
from domain.values import SERVICE_WINDOW


def problems_of_times(flow: Flow, *, is_part: bool) -> Iterator[str]:
    """Yield the reminders, timeouts and closings of a window that come too late to come at all."""
    hours = flow.definition.expires_after_hours
    patience = timedelta(hours=hours)
    for step in flow.steps.values():
        if not isinstance(step, Ask | FlowForm):
            continue
        for name, wanted in (("reminder", step.reminder), ("timeout", step.timeout)):
            if wanted is not None and wanted.after >= patience:
                yield (
                    f"step {step.id}: the {name} never comes: the session ends after {hours} hours "
                    "of silence; raise expires_after_hours"
                )
        yield from _overtaken(step)
        if flow.definition.template is None and not is_part:
            yield from _never_read(flow, step)
    closing = flow.definition.window_closing
    if closing is None:
        return
    if closing.before >= SERVICE_WINDOW:
        yield "window_closing: the window is open for 24 hours: name less before it"
    elif SERVICE_WINDOW - closing.before >= patience:
        yield (
            f"window_closing never comes: the session ends after {hours} hours of silence; "
            "raise expires_after_hours"
        )


def _overtaken(step: Ask | FlowForm) -> Iterator[str]:
    if step.reminder and step.timeout and step.reminder.after >= step.timeout.after:
        yield (
            f"step {step.id}: reminder: after: the reminder never comes: the timeout comes first; "
            "name less here, or more there"
        )


def _never_read(flow: Flow, step: Ask | FlowForm) -> Iterator[str]:
    """Find what is said only after the window has closed, with no template to say it."""
    reminder, timeout = step.reminder, step.timeout
    if reminder and reminder.after >= SERVICE_WINDOW:
        yield f"step {step.id}: reminder: after: {_CLOSED}"
    to = within(step.id) + timeout.to if timeout else ""
    if timeout and timeout.after >= SERVICE_WINDOW and to in flow.steps and _speaks(flow, to):
        yield f"step {step.id}: timeout: after: {_CLOSED}"


_CLOSED = (
    "the 24-hour window has closed by then, and what is said goes to nobody: name less than 24h, "
    "or add a template, at the top or as a step, that goes out instead"
)


def _speaks(flow: Flow, first: str) -> bool:
    """Say whether the flow says something from this step on before it waits for anything."""
    front, seen = [first], {first}
    while front:
        step = flow.steps[front.pop()]
        if _says(step):
            return True
        if isinstance(step, Branch | Call | Set | Lookup) or (
            isinstance(step, Complete) and within(step.id)
        ):
            new = {*targets(flow, step)} & flow.steps.keys() - seen
            seen |= new
            front.extend(new)
    return False


def _says(step: Step) -> bool:
    match step:
        case Ask() | FlowForm() | Say():
            return True
        case Complete():
            return step.complete.say is not None
        case HandOff():
            return step.hand_off.say is not None
        case _:
            return False
