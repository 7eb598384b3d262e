"""The course of a session: where it went, what was answered, and how it ended."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from domain import events
from domain.session import NOBODY, FlowBook, fold
from domain.session.flows.flow import Flow
from domain.session.flows.questions import Choice, Date, Files, Number, Time
from domain.session.flows.steps import Ask
from flow.rehearsal import Rehearsal
from flow.stimuli import replay, stimuli
from flow.store import Past
from flow.transcript import Somebody

_HARMLESS = Choice | Number | Date | Time | Files


class Course(NamedTuple):
    """Steps at which it waited, in order; answers by step; and its end."""

    flow: str
    path: tuple[str, ...]
    answers: Mapping[str, str]
    end: str


def course(happened: Sequence[events.Event]) -> Course:
    """Read the course of the first session off what happened."""
    began = next((e for e in happened if isinstance(e, events.SessionInitiated)), None)
    if began is None:
        return Course("nothing", (), {}, "before it began")
    own = [e for e in happened if getattr(e, "session_id", None) == began.session_id]
    answered = [event for event in own if isinstance(event, events.AnswerRecorded)]
    path = [step for event in own if (step := _stop(event))]
    return Course(
        began.flow,
        tuple(step for step, _ in groupby(path)),
        {event.step: event.personal.value for event in answered},
        next((end for event in reversed(own) if (end := _end(event))), "still open"),
    )


def _stop(event: events.Event) -> str | None:
    match event:
        case (
            events.ReplyRequested()
            | events.LookupRequested()
            | events.WaitBegun()
            | events.SessionHandedOff()
        ):
            return event.step
        case _:
            return None


def _end(event: events.Event) -> str | None:
    match event:
        case events.SessionCompleted():
            return f"completed: {event.outcome}"
        case events.SessionExpired():
            return "expired"
        case events.SessionCancelled():
            return f"cancelled: {event.reason}"
        case _:
            return None


def replayed(past: Past, flows: FlowBook) -> Course:
    """Return the course that the session would have with these flows.

    Raises NotReplayable and UnknownFlow.
    """
    rehearsal = rehearsed(past, flows)
    return course([event for event, _ in rehearsal.log])


def rehearsed(past: Past, flows: FlowBook) -> Rehearsal:
    """Let everything come from outside as it came then. Raises NotReplayable and UnknownFlow."""
    # Without the commands that were seen: that which began the session may be among them.
    person = NOBODY._replace(contact=fold(past.before).contact)
    who = Somebody(phone=person.contact.wa_id or Somebody().phone)
    rehearsal = Rehearsal(flows, who, past.history[0][1].at, person=person)
    for stimulus in stimuli(past.history):
        replay(stimulus, rehearsal)
    last = max(occasion.at for _, occasion in past.history)
    rehearsal.passes(max(last - rehearsal.now, timedelta()))
    return rehearsal


def differing(then: Course, now: Course, shown: Container[str] = ()) -> Iterator[str]:
    """Say what is otherwise now. Only answers of the steps `shown` are shown."""
    if then.flow != now.flow:
        yield f"began {then.flow}, begins {now.flow}"
    if then.path != now.path:
        same = sum(1 for _ in _while_equal(then.path, now.path))
        before = then.path[max(0, same - 1) : same]
        yield f"went {_way(before, then.path[same:])}"
        yield f"goes {_way(before, now.path[same:])}"
    for step in dict.fromkeys((*then.answers, *now.answers)):
        was, is_now = then.answers.get(step), now.answers.get(step)
        if was != is_now:
            told = (one if one is None or step in shown else "***" for one in (was, is_now))
            yield "answer of {}: {}, now {}".format(step, *(one or "none" for one in told))
    if then.end != now.end:
        yield f"ended {then.end}, ends {now.end}"


def _while_equal(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def _way(before: Sequence[str], after: Sequence[str]) -> str:
    return " > ".join((*before, *after)) or "nowhere"


def harmless(flow: Flow) -> frozenset[str]:
    """Return the steps whose answers say nothing of anybody: choices, figures and days."""
    return frozenset(
        step.id
        for step in flow.steps.values()
        if isinstance(step, Ask) and not step.personal and isinstance(step.kind, _HARMLESS)
    )
