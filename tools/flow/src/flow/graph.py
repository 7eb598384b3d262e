"""A flow as a graph: its steps, where they lead, and the flows that it calls beside them."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from domain.session.flows.definition import Definition
from domain.session.flows.steps import (
    Ask,
    Branch,
    Call,
    Complete,
    FlowForm,
    HandOff,
    Lookup,
    Say,
    SendTemplate,
    Set,
    Step,
    Wait,
)
from domain.session.flows.wording import in_language
from flow.exits import exits, span

Shape: TypeAlias = Literal[
    "begin", "ask", "say", "branch", "set", "call", "human", "template", "form", "lookup", "wait",
    "end",
]  # fmt: skip
_MOST_LETTERS = 60


class Node(NamedTuple):
    """A step: its full name, what kind it is, and what it does in a few words."""

    name: str
    shape: Shape
    title: str
    detail: str
    group: str | None = None
    """The name of the call that it is a part of."""


class Edge(NamedTuple):
    """A way from one node to another."""

    start: str
    end: str
    label: str


class Graph(NamedTuple):
    """All of it; groups are called flows, by the name of the call."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: Mapping[str, str]


BEGIN = "*"
"""The node with which everything begins."""


def graph(definition: Definition, known: Mapping[str, Definition]) -> Graph:
    """Draw up the graph; `known` are the flows that may be called, by name."""
    drawn = _Drawn(known)
    drawn.nodes.append(Node(BEGIN, "begin", _beginning(definition), ""))
    drawn.edges.append(Edge(BEGIN, definition.steps[0].id, ""))
    drawn.add(definition)
    return Graph(definition.title, tuple(drawn.nodes), tuple(drawn.edges), drawn.groups)


class _Drawn:
    """What is there so far."""

    def __init__(self, known: Mapping[str, Definition]) -> None:
        self._known = known
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.groups: dict[str, str] = {}

    def add(self, flow: Definition, prefix: str = "", back: str | None = None) -> None:
        """Add the steps of a flow, whose ends lead `back` to whoever called it."""
        chain = (flow.languages[0],)
        for step in flow.steps:
            name = prefix + step.id
            shape, detail = _told(step, chain)
            self.nodes.append(Node(name, shape, step.id, _short(detail), prefix[:-1] or None))
            if isinstance(step, Complete) and back is not None:
                self.edges.append(Edge(name, back, step.complete.outcome))
        called = {
            step.id: self._known[step.call.flow]
            for step in flow.steps
            if isinstance(step, Call) and step.call.flow in self._known
        }
        for way in exits(flow):
            if way.step in called:
                onwards = prefix + way.to if way.to else back
                self._add_called(prefix + way.step, called[way.step], onwards)
            elif way.to is not None:
                start = prefix + way.step if way.step else BEGIN
                self.edges.append(Edge(start, prefix + way.to, _short(way.label)))

    def _add_called(self, call: str, flow: Definition, back: str | None) -> None:
        self.groups[call] = flow.title
        self.edges.append(Edge(call, f"{call}.{flow.steps[0].id}", ""))
        self.add(flow, f"{call}.", back)


def _told(step: Step, chain: tuple[str, ...]) -> tuple[Shape, str]:
    match step:
        case Ask():
            return "ask", in_language(step.ask, chain)
        case Say():
            return "say", in_language(step.say, chain)
        case Branch():
            return "branch", ""
        case Set():
            return "set", ", ".join(step.set)
        case Call():
            return "call", step.call.flow
        case HandOff():
            return "human", step.hand_off.team or "a human"
        case SendTemplate():
            return "template", step.template.name
        case FlowForm():
            return "form", in_language(step.flow_form.ask, chain)
        case Lookup():
            return "lookup", step.lookup.name
        case Wait():
            return "wait", _waiting(step)
        case Complete():
            return "end", step.complete.outcome


def _waiting(step: Wait) -> str:
    waiting = step.wait
    if waiting.collect is not None:
        return f"everything within {span(waiting.collect)}"
    return f"until {waiting.until}" if waiting.until else f"for {span(waiting.span)}"  # type: ignore[arg-type]  # one of three is there


def _beginning(definition: Definition) -> str:
    triggers = definition.triggers
    said = [words[0] for words in triggers.keywords.values() if words][:1]
    return ", ".join(_ways(definition, said)) or "begun by the business"


def _ways(definition: Definition, said: list[str]) -> Iterator[str]:
    triggers = definition.triggers
    yield from (f'"{word}"' for word in said)
    yield from ("an advertisement" for _ in triggers.referrals[:1])
    yield from ("a template's button" for _ in triggers.template_buttons[:1])
    if triggers.default:
        yield "anything"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else f"{line[: _MOST_LETTERS - 1].rstrip()}…"
