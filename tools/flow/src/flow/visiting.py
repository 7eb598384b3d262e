"""Which steps a conversation went through, and by which ways."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from domain import events
from domain.session import FlowBook
from domain.session.flows.flow import Flow, within
from domain.session.flows.steps import Step
from domain.session.flows.triggering import triggers_of
from domain.session.state import InteractiveSession
from flow.exits import Exit, exits

Reason: TypeAlias = Literal["answered", "wrong", "late", "found", "not found", "failed"]


class Way(NamedTuple):
    """From one step to the next of a flow, and why where somebody decided it."""

    flow: str
    start: str
    end: str
    reason: Reason | None = None


@dataclass(slots=True)
class Visits:
    """Steps by flow, and ways, of all conversations."""

    steps: set[tuple[str, str]] = field(default_factory=set)
    ways: set[Way] = field(default_factory=set)
    walk: list[str] = field(default_factory=list)
    """What the engine walked through since it was last looked at."""

    def note(
        self, flow: Flow, before: InteractiveSession | None, happened: Sequence[events.Event]
    ) -> None:
        """Remember where the command led that made this happen, and begin a new walk."""
        walked, self.walk[:] = [*self.walk], []
        if not walked:
            return
        open_step, reason = _left(before, happened)
        for name in walked:
            self.steps.add((owner(flow, name), local(name)))
        if open_step is not None:
            self._way(flow, open_step, walked[0], reason)
        for start, end in pairwise(walked):
            self._way(flow, start, end, None)

    def _way(self, flow: Flow, start: str, end: str, reason: Reason | None) -> None:
        if within(start) == within(end):
            self.ways.add(Way(owner(flow, start), local(start), local(end), reason))
            return
        caller = within(start).removesuffix(".")
        if caller and within(caller) == within(end):
            self.ways.add(Way(owner(flow, caller), local(caller), local(end)))

    def took(self, flow: str, way: Exit) -> bool:
        """Say whether a conversation went this way."""
        return any(
            one.flow == flow
            and (one.start, one.end) == (way.step, way.to)
            and (one.reason is None or _fits(one.reason, way.label))
            for one in self.ways
        )


def _fits(reason: Reason, label: str) -> bool:
    match reason:
        case "answered":
            return label in ("", "given back", "a message")
        case "wrong":
            return label.endswith("wrong answers")
        case "late":
            return label.startswith("after") or label == "failed"
        case _:
            return label == reason


def _left(
    before: InteractiveSession | None, happened: Sequence[events.Event]
) -> tuple[str | None, Reason | None]:
    """Return the step that was left, and why."""
    for event in happened:
        match event:
            case events.AnswerRecorded():
                return event.step, "answered"
            case events.AnswerRejected():
                return event.step, "wrong"
            case events.StepTimedOut():
                return event.step, "late"
            case events.LookupAnswered():
                return event.step, "not found" if event.outcome == "not-found" else event.outcome
            case events.WaitEnded():
                return event.step, "answered"
            case events.SessionReleased() if before is not None:
                return before.step, "late" if event.reason == "lease" else "answered"
            case _:
                pass
    return None, None


def owner(flow: Flow, name: str) -> str:
    """Return the name of the flow that a step belongs to, be it a called one."""
    called = flow.called.get(within(name))
    return called.name if called else flow.name


def local(name: str) -> str:
    """Return the step's name within its flow."""
    return name.rpartition(".")[2]


class _Watched(dict[str, Step]):
    """Steps that tell which of them the engine walks to: only its walk asks for one by name."""

    walk: list[str]

    def __getitem__(self, name: str) -> Step:
        self.walk.append(name)
        return super().__getitem__(name)


def watched(flows: FlowBook, visits: Visits) -> FlowBook:
    """Return the same flows, whose walks `visits` learns of."""
    versions = {key: _watched(flow, visits) for key, flow in flows.versions.items()}
    current = {name: versions[name, flow.version] for name, flow in flows.current.items()}
    return FlowBook(current, versions, triggers_of([*current.values()]))


def _watched(flow: Flow, visits: Visits) -> Flow:
    steps = _Watched(flow.steps)
    steps.walk = visits.walk
    return replace(flow, steps=steps)


class Covered(NamedTuple):
    """How much of a flow conversations went through."""

    flow: Flow
    steps: Sequence[str]
    missing_steps: Sequence[str]
    ways: Sequence[Exit]
    missing_ways: Sequence[Exit]

    @property
    def share(self) -> float:
        """Steps that were reached, in percent."""
        return 100 * (1 - len(self.missing_steps) / len(self.steps))


def covered(flows: Mapping[str, Flow], visits: Visits) -> Iterator[Covered]:
    """Yield for each flow what was and what was not gone through."""
    for flow in flows.values():
        steps = [step.id for step in flow.definition.steps]
        ways = [way for way in exits(flow.definition) if way.step and way.to]
        yield Covered(
            flow,
            steps,
            [step for step in steps if (flow.name, step) not in visits.steps],
            ways,
            [way for way in ways if not visits.took(flow.name, way)],
        )
