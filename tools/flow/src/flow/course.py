"""The course of a session: where it went, what was answered, and how it ended."""

from __future__ import annotations

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

    def renamed(self, steps: Mapping[str, str]) -> Course:
        """Call steps by other names."""
        path = [steps.get(step, step) for step in self.path]
        answers = {steps.get(step, step): value for step, value in self.answers.items()}
        return self._replace(path=tuple(step for step, _ in groupby(path)), answers=answers)


def course(happened: Sequence[events.Event]) -> Course:
    """Read the course of the first session off what happened."""
    began = next((e for e in happened if isinstance(e, events.SessionInitiated)), None)
    if began is None:
        return Course("nothing", (), {}, "before it began")
    own = [e for e in happened if getattr(e, "session_id", None) == began.session_id]
    taken = Course(began.flow, (), {}, "still open")
    for event in own:
        taken = _further(taken, event)
    return taken


def _further(taken: Course, event: events.Event) -> Course:
    if isinstance(event, events.SessionMigrated):
        return taken.renamed(event.steps)
    if isinstance(event, events.AnswerRecorded):
        return taken._replace(answers={**taken.answers, event.step: event.personal.value})
    if (step := _stop(event)) and step != "".join(taken.path[-1:]):
        return taken._replace(path=(*taken.path, step))
    return taken._replace(end=_end(event) or taken.end)


def in_words_of(flow: Flow | None, happened: Sequence[events.Event]) -> Course:
    """Read the course with the names that steps have in this flow, by its migrations."""
    return course(happened).renamed(new_names(flow, happened))


def new_names(flow: Flow | None, happened: Sequence[events.Event]) -> Mapping[str, str]:
    """Return what steps of the version on which the session was last are called in this flow."""
    on = [e for e in happened if isinstance(e, events.SessionInitiated | events.SessionMigrated)]
    known = flow.definition.migrations if flow is not None else ()
    return next((one.steps for one in known if on and one.version == on[-1].flow_version), {})


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
    """Say what is otherwise now. Only answers of the steps `shown` are shown.

    Nor are they where another step has the same answer and is not: it may be that one, renamed.
    """
    if then.flow != now.flow:
        yield f"began {then.flow}, begins {now.flow}"
    if then.path != now.path:
        same = sum(1 for _ in _while_equal(then.path, now.path))
        before = then.path[max(0, same - 1) : same]
        yield f"went {_way(before, then.path[same:])}"
        yield f"goes {_way(before, now.path[same:])}"
    hidden = {
        value for told in (then, now) for step, value in told.answers.items() if step not in shown
    }
    for step in dict.fromkeys((*then.answers, *now.answers)):
        was, is_now = then.answers.get(step), now.answers.get(step)
        if was != is_now:
            told = ("***" if one in hidden else one or "none" for one in (was, is_now))
            yield "answer of {}: {}, now {}".format(step, *told)
    if then.end != now.end:
        yield f"ended {then.end}, ends {now.end}"


def _while_equal(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


def _way(before: Sequence[str], after: Sequence[str]) -> str:
    return " > ".join((*before, *after)) or "nowhere"


def harmless(flow: Flow | None, then: Flow | None, names: Mapping[str, str]) -> frozenset[str]:
    """Return the steps whose answers say nothing of anybody: choices, figures and days.

    What is personal in one of both versions is so in both; `names` are those of steps of `then`.
    """
    asked = [
        *(_asked(flow, {}) if flow is not None else ()),
        *(_asked(then, names) if then is not None else ()),
    ]
    told = {name for name, shown in asked if shown}
    return frozenset(told - {name for name, shown in asked if not shown})


def _asked(flow: Flow, names: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    for step in flow.steps.values():
        if isinstance(step, Ask):
            says_nothing = isinstance(step.kind, _HARMLESS) and not step.personal
            yield names.get(step.id, step.id), says_nothing
