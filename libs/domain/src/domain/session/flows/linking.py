"""Flows that call others, as one: the steps of all of them under names of their own."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from domain.session.flows.definition import Definition
from domain.session.flows.steps import Branch, Call, Complete, Step

MOST_STEPS = 1000
"""Steps of a flow together with all that it calls."""


class Unlinkable(ValueError):
    """The flows cannot be brought together; the message says why and what to do."""


class Linked(NamedTuple):
    """Everything that a session can come to."""

    steps: Mapping[str, Step]
    following: Mapping[str, str]
    called: Mapping[str, Definition]


def link(definition: Definition, others: Mapping[str, Definition]) -> Linked:
    """Bring a flow together with those that it calls. Raises Unlinkable."""
    steps: dict[str, Step] = {}
    following: dict[str, str] = {}
    called: dict[str, Definition] = {}
    for scope, its in _scopes(definition, others, "", (definition.name,)):
        if scope:
            called[scope] = its
        steps |= {
            scope + step.id: step.model_copy(update={"id": scope + step.id}) if scope else step
            for step in its.steps
        }
        following |= {scope + step: scope + after for step, after in _following(its)}
        if len(steps) > MOST_STEPS:
            raise Unlinkable(f"with all that it calls it has more than {MOST_STEPS} steps")
    return Linked(steps, following, called)


def callees(definition: Definition) -> Iterator[str]:
    """Yield the names of the flows that this one calls itself."""
    for step in definition.steps:
        if isinstance(step, Call):
            yield step.call.flow


def _scopes(
    definition: Definition, others: Mapping[str, Definition], scope: str, callers: tuple[str, ...]
) -> Iterator[tuple[str, Definition]]:
    yield scope, definition
    for step in definition.steps:
        if not isinstance(step, Call):
            continue
        name = step.call.flow
        if name in callers:
            raise Unlinkable(
                f"step {scope}{step.id} calls {name}, which would call itself without end: "
                "take one of the calls out"
            )
        if name not in others:
            raise Unlinkable(f"step {scope}{step.id} calls {name}, which does not exist")
        yield from _scopes(others[name], others, f"{scope}{step.id}.", (*callers, name))


def _following(definition: Definition) -> Iterator[tuple[str, str]]:
    for step, after in pairwise((*definition.steps, None)):
        if step is None or isinstance(step, Branch | Complete):
            continue
        if following := step.next or (after.id if after else None):
            yield step.id, following
