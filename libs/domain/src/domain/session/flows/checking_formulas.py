"""What is wrong with the expressions of a flow and the names in its texts."""

from collections.abc import Iterator
from difflib import get_close_matches

from domain.session.flows.checking_answers import problems_of_cases, problems_of_comparisons
from domain.session.flows.checking_fields import problems_of_fields
from domain.session.flows.definition import Definition
from domain.session.flows.expressions import Expression, expression
from domain.session.flows.flow import Flow, within
from domain.session.flows.phrases import Phrase, phrase
from domain.session.flows.scope import ROOTS, names_of
from domain.session.flows.steps import Ask, Branch
from domain.session.flows.tokens import InvalidExpression
from domain.session.flows.written import Written, formulas, texts


def problems_of_formulas(flow: Flow) -> Iterator[str]:
    """Yield what no expression can be made of, and names that nothing has."""
    known = {scope: frozenset(names_of(definition)) for scope, definition in _scopes(flow)}
    for written in formulas(flow):
        try:
            read = expression(written.source)
        except InvalidExpression as error:
            yield f"{written.place}: `{written.source}`: {error}"
            continue
        for problem in _problems(flow, written, read, known[written.scope]):
            yield f"{written.place}: `{written.source}` {problem}"
    for written in texts(flow):
        try:
            said = phrase(written.source)
        except InvalidExpression as error:
            yield f"{written.place}: {error}"
            continue
        for problem in _problems(flow, written, said, known[written.scope]):
            yield f"{written.place}: {problem}"
    for place, scope, answer in _compared(flow):
        if answer not in known[scope]:
            yield f"{place}: uses the answer {_unknown(flow, answer, known[scope])}"
    yield from problems_of_cases(flow)


def _problems(
    flow: Flow, written: Written, read: Expression | Phrase, known: frozenset[str]
) -> Iterator[str]:
    missing = read.names - known - ROOTS - written.more
    for name in sorted(missing):
        yield f"uses the answer {_unknown(flow, name, known)}"
    there = {path for path in read.paths if path[0] not in missing | written.more}
    yield from problems_of_fields(flow, written.scope, there)
    parts = read.parts if isinstance(read, Phrase) else (read,)
    for part in parts:
        if isinstance(part, Expression):
            yield from problems_of_comparisons(flow, written.scope, part.source)


def _unknown(flow: Flow, name: str, known: frozenset[str]) -> str:
    steps = (step for step in flow.steps.values() if isinstance(step, Ask) and step.choice)
    options = {option.id for step in steps if step.choice for option in step.choice.options}
    near = get_close_matches(name, sorted(known | ROOTS), 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    if name in options:
        meant = f'; write "{name}" in quotes for the option'
    return f"{name}, which no step asks for{meant}"


def _scopes(flow: Flow) -> Iterator[tuple[str, Definition]]:
    yield "", flow.definition
    yield from flow.called.items()


def _compared(flow: Flow) -> Iterator[tuple[str, str, str]]:
    """Yield the answers that branches name alone, with their place and scope."""
    for step in flow.steps.values():
        for number, case in enumerate(step.branch if isinstance(step, Branch) else (), 1):
            if case.answer is not None:
                place = f"step {step.id}: branch: number {number}: answer"
                yield place, within(step.id), case.answer
