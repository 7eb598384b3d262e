"""Whether a flow ever waits for a moment; of one that does not no timer but the last is kept."""

from collections.abc import Iterable

from domain.session.flows.definition import Definition
from domain.session.flows.steps import Ask, FlowForm, HandOff, Lookup, Step, Wait


def keeps_time(definition: Definition, steps: Iterable[Step]) -> bool:
    """Say whether a session of this flow can wait for anything but the person's silence."""
    leases = definition.agent.lease is not None
    return leases or definition.window_closing is not None or any(map(_waits, steps))


def _waits(step: Step) -> bool:
    match step:
        case Ask() | FlowForm():
            return step.timeout is not None or step.reminder is not None
        case HandOff():
            return step.hand_off.lease is not None
        case _:
            return isinstance(step, Lookup | Wait)
