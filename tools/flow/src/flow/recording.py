"""From a past session to a transcript: masked, and as the flow goes now."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from domain.session import FlowBook, fold
from domain.session.flows.flow import Flow
from flow.acting import CannotDo
from flow.course import Course, course
from flow.exits import span
from flow.masking import Masking
from flow.rehearsal import Rehearsal
from flow.stimuli import (
    Begun,
    Due,
    Ended,
    FileDone,
    Heard,
    LookedUp,
    Released,
    Stimulus,
    stimuli,
)
from flow.store import Past
from flow.transcript import Somebody, Turn
from flow.trying import keep_files, perform
from flow.writing import expected

_LONG = timedelta(hours=1)
"""Time that a transcript tells of even if nothing happened in it."""


class Recorded(NamedTuple):
    """A transcript, the course that it takes, and why it ends early if it does."""

    transcript: dict[str, Any]
    course: Course | None
    stopped: str | None


def record(past: Past, flow: Flow, flows: FlowBook, name: str) -> Recorded:
    """Write down what came from outside, masked, and what these flows answer.

    `flow` is the version that the session was on. Raises NotReplayable and UnknownFlow.
    """
    began = past.history[0][1].at.replace(microsecond=0)
    language = fold(past.before).contact.language
    who = Somebody(language=language)
    writer = _Writer(Rehearsal(flows, who, began))
    masking = Masking(flow, past.history)
    head: dict[str, Any] = {"name": name}
    if language:
        head["contact"] = {"language": language}
    head["at"] = began.isoformat()
    stopped = None
    try:
        for told, gap in _turns(past, masking):
            if "begin" in told:
                head["begin"] = {k: v for k, v in told["begin"].items() if k != "flow"}
            writer.write(told, gap)
    except CannotDo as cannot:
        stopped = str(cannot)
    happened = [event for event, _ in writer.rehearsal.log]
    taken = course(happened) if happened else None
    return Recorded({**head, "turns": writer.turns}, taken, stopped)


def _turns(past: Past, masking: Masking) -> Iterator[tuple[dict[str, Any], timedelta]]:
    before = past.history[0][1].at
    for stimulus in stimuli(past.history):
        if (told := _turn(stimulus, masking)) is not None:
            yield told, max(stimulus.at - before, timedelta())
            before = stimulus.at
    yield {}, max(occasion.at for _, occasion in past.history) - before


def _turn(stimulus: Stimulus, masking: Masking) -> dict[str, Any] | None:
    match stimulus:
        case Heard():
            return masking.turn(stimulus)
        case Begun():
            told: dict[str, Any] = {}
            if stimulus.variables:
                told["variables"] = masking.value(stimulus.variables)
            if stimulus.language:
                told["language"] = stimulus.language
            return {"begin": {"flow": stimulus.flow, **told}}
        case FileDone(refused=reason):
            return {"file": {"rejected": reason}} if reason else None
        case LookedUp(outcome="found"):
            return {"lookup": {"found": masking.value(stimulus.data)}}
        case LookedUp():
            return {"lookup": {stimulus.outcome.replace("-", "_"): True}}
        case Released():
            return {"release": True}
        case Due() | Ended():
            return None


class _Writer:
    """Plays turns, and writes down what came of each."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.turns: list[dict[str, Any]] = []

    def write(self, told: dict[str, Any], gap: timedelta) -> None:
        """Let the time pass in which something happened, then play the turn. Raises CannotDo."""
        if "file" not in told:
            keep_files(Turn(), None, self.rehearsal)
        gap -= timedelta(microseconds=gap.microseconds)
        if gap >= _LONG or (gap and self.rehearsal.is_due_within(gap)):
            self._play({"after": span(gap)})
        if told:
            self._play(told)

    def _play(self, told: dict[str, Any]) -> None:
        before = len(self.rehearsal.log)
        if begin := told.pop("begin", None):
            flow = begin.pop("flow")
            self.rehearsal.begins(flow, begin.get("variables", {}), begin.get("language"))
        else:
            perform(Turn.model_validate(told), self.rehearsal)
        happened = [event for event, _ in self.rehearsal.log[before:]]
        self.turns.append(told | expected(happened))
