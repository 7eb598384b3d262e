"""Comparisons of answers with what they can never be."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from domain.session.flows.flow import Flow, within
from domain.session.flows.grammar import plain_text
from domain.session.flows.steps import Ask, Branch, Step
from domain.session.flows.tokens import Token, tokens

_EQUAL = frozenset({"==", "!="})
_ORDER = frozenset({"<", "<=", ">", ">="})


class Comparison(NamedTuple):
    """An answer, by its name and fields, and what an expression compares it with."""

    path: tuple[str, ...]
    sign: str
    other: Token


def problems_of_cases(flow: Flow) -> Iterator[str]:
    """Yield the cases of branches that are for options which a question does not have."""
    for step in flow.steps.values():
        for number, case in enumerate(step.branch if isinstance(step, Branch) else (), 1):
            asked = flow.steps.get(within(step.id) + (case.answer or ""))
            for value in case.one_of:
                if problem := _no_option(case.answer or "", asked, value):
                    yield f"step {step.id}: branch: number {number}: is: {problem}"


def problems_of_comparisons(flow: Flow, scope: str, source: str) -> Iterator[str]:
    """Yield why what an expression compares is never equal, or cannot be compared."""
    for compared in _comparisons(tokens(source)):
        step = _asked(flow, scope, compared.path)
        if isinstance(step, Ask) and (problem := _never(step, compared)):
            yield problem


def _asked(flow: Flow, scope: str, path: tuple[str, ...]) -> Step | None:
    while len(path) > 1 and f"{scope}{path[0]}." in flow.called:
        scope, path = f"{scope}{path[0]}.", path[1:]
    return flow.steps.get(scope + path[0]) if len(path) == 1 else None


def _never(step: Ask, compared: Comparison) -> str | None:
    name, written = ".".join(compared.path), compared.other.text
    is_text = compared.other.kind == "text"
    if step.choice is not None:
        if compared.sign in _ORDER or not is_text:
            return f'{name} is the id of an option, such as "yes": it is compared by == or in'
        value = plain_text(compared.other)
        return None if value is None else _no_option(name, step, value)
    if step.number is not None or step.files is not None:
        return f"{name} is a number: write it without quotes" if is_text else None
    if step.date is not None:
        return f"{name} is a day: compare it with timestamp({_quoted(written)})"
    if step.location is not None or step.contact is not None:
        return f"{name} has fields: compare one of them, such as {name}.name"
    return None if is_text else f"{name} is a text: put {written} in quotes"


def _quoted(written: str) -> str:
    return written if written[0] in "\"'" else '"2026-11-23"'


def _no_option(name: str, step: Step | None, value: str) -> str | None:
    if not isinstance(step, Ask) or step.choice is None or step.choice.each is not None:
        return None
    ids = [option.id for option in step.choice.options]
    if value in ids:
        return None
    near = get_close_matches(value.lower(), ids, 1)
    meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(ids)}"
    return f"{name} has no option {value}; {meant}"


def _comparisons(found: list[Token]) -> Iterator[Comparison]:
    for at, token in enumerate(found):
        if token.kind == "sign" and token.text in _EQUAL | _ORDER:
            yield from _compared(found, at)
        elif token.text == "in" and _text(found, at + 1) == "[":
            name = _name_before(found, at)
            for item in _listed(found, at + 2) if name else ():
                yield Comparison(name, "in", item)


def _compared(found: list[Token], at: int) -> Iterator[Comparison]:
    before, after = _value_before(found, at), _value_after(found, at)
    if after and (name := _name_before(found, at)):
        yield Comparison(name, found[at].text, after)
    if before and (name := _name_after(found, at)):
        yield Comparison(name, found[at].text, before)


def _name_before(found: list[Token], end: int) -> tuple[str, ...]:
    path: list[str] = []
    at = end - 1
    while at >= 0 and found[at].kind == "name":
        path.insert(0, found[at].text)
        if _text(found, at - 1) != ".":
            return tuple(path) if _text(found, at - 1) not in _MORE_BEFORE else ()
        at -= 2
    return ()


def _name_after(found: list[Token], start: int) -> tuple[str, ...]:
    path: list[str] = []
    at = start + 1
    while at < len(found) and found[at].kind == "name":
        path.append(found[at].text)
        if _text(found, at + 1) != ".":
            return tuple(path) if _text(found, at + 1) not in _MORE_AFTER else ()
        at += 2
    return ()


_MORE_BEFORE = frozenset("+-*/%!")
_MORE_AFTER = frozenset("+-*/%.([{")


def _value_before(found: list[Token], end: int) -> Token | None:
    alone = _text(found, end - 2) not in _MORE_BEFORE
    return found[end - 1] if end and alone and found[end - 1].kind in _VALUES else None


def _value_after(found: list[Token], start: int) -> Token | None:
    if start + 1 >= len(found) or _text(found, start + 2) in _MORE_AFTER:
        return None
    return found[start + 1] if found[start + 1].kind in _VALUES else None


_VALUES = ("text", "number")


def _listed(found: list[Token], at: int) -> Iterator[Token]:
    """Yield the values of a list that consists of such alone."""
    while at + 1 < len(found) and found[at].kind in _VALUES:
        if _text(found, at + 1) in (",", "]"):
            yield found[at]
        at += 2


def _text(found: list[Token], at: int) -> str:
    """Return the sign or name at this place; values are none."""
    if not 0 <= at < len(found) or found[at].kind in _VALUES:
        return ""
    return found[at].text
