"""What a flow waits for although it never comes: its session is over by then."""

from collections.abc import Iterator
from datetime import timedelta

from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask, FlowForm
from domain.values import SERVICE_WINDOW


def problems_of_times(flow: Flow) -> Iterator[str]:
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
