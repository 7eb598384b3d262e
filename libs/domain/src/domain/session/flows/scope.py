"""What expressions and texts of a flow know at one moment of a session."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from domain.session.contact import Contact
from domain.session.flows.buttons import ShownOption
from domain.session.flows.definition import Definition
from domain.session.flows.expressions import (
    EvaluationFailed,
    Expression,
    InvalidExpression,
    Value,
    expression,
)
from domain.session.flows.flow import Flow
from domain.session.flows.formatting import Formats, formats
from domain.session.flows.functions import day_begins, in_zone
from domain.session.flows.offering import found_options, offered
from domain.session.flows.phrases import named, phrase
from domain.session.flows.questions import Choice
from domain.session.flows.steps import Ask, Call, Complete, FlowForm, Lookup, Set, Wait
from domain.session.flows.typed import is_kept_as_text, jsonable, typed
from domain.session.flows.wording import EVERY, PLAIN, in_language
from domain.session.state import InteractiveSession

REFERRAL = "referral"
REFERRAL_FIELDS = ("source_id", "source_type", "source_url", "headline", "body", "ctwa_clid")
"""What expressions know of the advertisement with which a session began (Meta, messages/text)."""


class Scope(NamedTuple):
    """The values behind names, typed as their questions are. Nothing in here raises."""

    flow: Flow
    answers: Mapping[str, str]
    variables: Mapping[str, Any]
    """What was given, set and found, by full name."""
    contact: Contact
    session: InteractiveSession
    now: datetime
    language: str | None
    """In which the person is spoken to."""
    prefix: str = ""
    """What the names of the running flow begin with: `visit.` in one that `visit` calls."""

    def value(self, name: str) -> Any:
        """Return what has this name in the running flow; null where nothing has, or not yet."""
        root = _ROOTS.get(name)
        return self._known(self.prefix + name) if root is None else root(self)

    def spoken(self, name: str) -> str:
        """Return it as a person reads it, a choice by its title; fields stand behind dots."""
        return self._spoken(name, self.formats)

    def text(self, wording: Mapping[str, str]) -> str:
        """Return the text in the person's language, filled in."""
        chain = self.flow.chain(self.language)
        written = in_language(wording, chain)
        if "{{" not in written:
            return written
        try:
            return phrase(written).fill(_Text(self, self._formats_of(wording, chain)))
        except InvalidExpression:  # checked when the flow was read
            return written

    def filled(self, text: str) -> str:
        """Return a text that is written once, filled in."""
        return self.text({PLAIN: text})

    def holds(self, formula: str) -> bool:
        """Say whether the expression is true; what cannot be worked out is not."""
        return self._worked_out(formula) is True

    def worth(self, formula: str) -> Any:
        """Return the expression's value as JSON, null where it cannot be worked out.

        A name alone is what was kept: days and times as the person's answer has them.
        """
        name = named(formula)
        if name is None:
            return jsonable(self._worked_out(formula))
        full = self.prefix + name
        if full in self.answers and full not in self.variables:
            step = self.flow.steps.get(full)
            if is_kept_as_text(step):
                return self.answers[full]
        return jsonable(self._at(name))

    def moment(self, formula: str) -> datetime | None:
        """Return the moment that the expression gives, also one that is written as ISO 8601."""
        return self.formats.timestamp(self._worked_out(formula))

    def options(self, choice: Choice) -> tuple[ShownOption, ...]:
        """Return what the person can choose, as they see it: found out, then written down."""
        items = self._worked_out(choice.each.of) if choice.each else ()
        found = found_options(choice, items, self._worked_out)
        return tuple(offered(choice, found, self.text))

    def kept(self, name: str) -> str | None:
        """Return the answer of this step in the running flow as it was kept."""
        return self.answers.get(self.prefix + name)

    def within(self, prefix: str) -> "Scope":
        """Return what the flow knows whose names begin so."""
        return self if prefix == self.prefix else self._replace(prefix=prefix)

    def knowing(self, values: Mapping[str, Any]) -> "Scope":
        """Return what is known with these values, by full name."""
        return self._replace(variables={**self.variables, **values})

    def result(self, checked: Expression) -> Value:
        """Work an expression out; null where that fails."""
        return self._result(checked, self.formats)

    @property
    def formats(self) -> Formats:
        """How numbers, times and plurals are written for this person."""
        return formats(self.language or self.flow.definition.languages[0], self._zone)

    @property
    def _zone(self) -> str:
        return self.flow.time_zone(self.prefix)

    def _formats_of(self, wording: Mapping[str, str], chain: tuple[str, ...]) -> Formats:
        """Write numbers as the text's language does, which may not be the person's."""
        nearest = chain[:1] if EVERY in wording else chain
        written = next((one for one in nearest if one in wording), nearest[-1])
        wanted = self.language or ""
        return formats(wanted if wanted.startswith(written + "-") else written, self._zone)

    def _worked_out(self, formula: str, item: Value = None) -> Value:
        try:
            checked = expression(formula)
        except InvalidExpression:  # checked when the flow was read
            return None
        return self._result(checked, self.formats, item)

    def _result(self, checked: Expression, spoken: Formats, item: Value = None) -> Value:
        known = {name: self._needed(name, fields) for name, fields in checked.needs.items()}
        if item is not None:
            known["item"] = item
        try:
            return checked.evaluate(known, spoken)
        except EvaluationFailed:
            return None

    def _needed(self, name: str, fields: frozenset[str]) -> Any:
        inner = f"{self.prefix}{name}."
        if fields and inner in self.flow.called:
            return {field: self._known(inner + field) for field in fields}
        return self.value(name)

    def _spoken(self, name: str, spoken: Formats) -> str:
        full = self.prefix + name
        answer = self.answers.get(full)
        return spoken.said(self._at(name)) if answer is None else self._title(full, answer)

    def _at(self, name: str) -> Any:
        root, *fields = name.split(".")
        prefix = self.prefix
        while fields and f"{prefix}{root}." in self.flow.called:
            prefix, root = f"{prefix}{root}.", fields.pop(0)
        value = self.value(root) if prefix == self.prefix else self._known(prefix + root)
        for field in fields:
            value = value.get(field) if isinstance(value, Mapping) else None
        return value

    def _known(self, full: str) -> Any:
        if full in self.variables:
            return self.variables[full]
        if full in self.answers:
            return typed(self.flow.steps.get(full), self.answers[full], self._zone)
        inner = full + "."
        if inner in self.flow.called:
            return {name: self._known(inner + name) for name in names_within(self.flow, inner)}
        return self._default(full)

    def _default(self, full: str) -> Any:
        scope, dot, name = full.rpartition(".")
        definition = self.flow.called.get(scope + dot) if dot else self.flow.definition
        variable = definition.triggers.variables.get(name) if definition else None
        return variable.default if variable else None

    def _title(self, full: str, answer: str) -> str:
        step = self.flow.steps.get(full)
        choice: Choice | None = step.choice if isinstance(step, Ask) else None
        for option in choice.options if choice else ():
            if option.id == answer:
                return in_language(option.title, self.flow.chain(self.language))
        if choice is None or choice.each is None:
            return answer
        scope, dot, _ = full.rpartition(".")
        options = self.within(scope + dot).options(choice)
        return next((option.title for option in options if option.id == answer), answer)


class _Text(NamedTuple):
    """A scope whose values are written into a text of a certain language."""

    scope: Scope
    formats: Formats

    def result(self, checked: Expression) -> Value:
        return self.scope._result(checked, self.formats)  # noqa: SLF001  # one thing in two parts

    def spoken(self, name: str) -> str:
        return self.scope._spoken(name, self.formats)  # noqa: SLF001  # the same


def names_of(definition: Definition) -> Iterator[str]:
    """Yield what a flow knows of its own: what it is given, asks, looks up, calls and sets."""
    yield from definition.triggers.variables
    for step in definition.steps:
        if isinstance(step, Set):
            yield from step.set
        elif isinstance(step, Ask | Lookup | FlowForm | Wait | Call):
            yield step.id


def names_within(flow: Flow, inner: str) -> Iterator[str]:
    """Yield what is known of a called flow: its own names, its outcome and what it tells then."""
    called = flow.called[inner]
    yield "outcome"
    yield from names_of(called)
    for step in called.steps:
        if isinstance(step, Complete):
            yield from step.complete.data


def _contact(scope: Scope) -> Value:
    contact = scope.contact
    return {
        "name": contact.name,
        "language": scope.language or contact.language,
        "opted_out": contact.opted_out,
    }


def _session(scope: Scope) -> Value:
    session = scope.session
    began = in_zone(session.began_at, scope.formats.zone)
    return {"flow": session.flow, "began_at": began, "trigger": session.trigger}


def _referral(scope: Scope) -> Value:
    told = scope.session.given.get(REFERRAL)
    return {name: told.get(name) if told else None for name in REFERRAL_FIELDS}


def _now(scope: Scope) -> Value:
    return in_zone(scope.now, scope.formats.zone)


def _today(scope: Scope) -> Value:
    zone = scope.formats.zone
    now = in_zone(scope.now, zone)
    return now and day_begins(now.date(), zone)


_ROOTS: Mapping[str, Callable[[Scope], Value]] = {
    "contact": _contact,
    "session": _session,
    REFERRAL: _referral,
    "now": _now,
    "today": _today,
}
ROOTS = frozenset(_ROOTS)
"""Names that every flow knows, and that no step or variable may have."""
