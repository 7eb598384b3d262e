"""What expressions and texts of a flow know at one moment of a session."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.session.contact import Contact
from domain.session.flows.answers import ShownOption
from domain.session.flows.expressions import EvaluationFailed, Value, expression
from domain.session.flows.flow import Flow
from domain.session.flows.formatting import Formats, formats
from domain.session.flows.functions import MAX_LETTERS, day_begins, in_zone, string
from domain.session.flows.offering import found_options, offered
from domain.session.flows.phrases import named, phrase
from domain.session.flows.questions import Choice
from domain.session.flows.steps import Ask, Call, FlowForm, Lookup, Set, Step, Wait
from domain.session.flows.tokens import InvalidExpression
from domain.session.flows.wording import PLAIN, in_language
from domain.session.state import InteractiveSession


class Scope(NamedTuple):
    """The values behind names, typed as their questions are."""

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
        if root is not None:
            return root(self)
        return self._known(self.prefix + name)

    def spoken(self, name: str) -> str:
        """Return it as a person reads it, a choice by its title; fields stand behind dots."""
        full = self.prefix + name
        answer = self.answers.get(full)
        if answer is not None:
            return self._answer(full, answer)
        return self.formats.said(self._at(name))

    def text(self, wording: Mapping[str, str]) -> str:
        """Return the text in the person's language, filled in. Never raises."""
        chain = self.flow.chain(self.language)
        written = in_language(wording, chain)
        if "{{" not in written:
            return written
        try:
            return phrase(written).fill(self, self._formats_of(wording, chain))
        except InvalidExpression:  # checked when the flow was read
            return written

    def filled(self, text: str) -> str:
        """Return a text that is in no language of its own, filled in. Never raises."""
        return self.text({PLAIN: text})

    def holds(self, formula: str) -> bool:
        """Say whether the expression is true; what cannot be worked out is not."""
        return self._worked_out(formula) is True

    def worth(self, formula: str) -> Any:
        """Return the expression's value as JSON, null where it cannot be worked out.

        A name alone is what was kept: days and times as the person's answer has them.
        """
        name = named(formula)
        if name is not None:
            full = self.prefix + name
            if full in self.answers and full not in self.variables and _is_text(self.flow, full):
                return self.answers[full]
            return jsonable(self._at(name))
        return jsonable(self._worked_out(formula))

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

    @property
    def formats(self) -> Formats:
        """How numbers, times and plurals are written for this person."""
        return formats(self.language or self.flow.definition.languages[0], self._zone_name)

    @property
    def _zone_name(self) -> str:
        called = self.flow.called.get(self.prefix)
        return (called or self.flow.definition).time_zone

    def _formats_of(self, wording: Mapping[str, str], chain: tuple[str, ...]) -> Formats:
        """Write numbers as the text's language does, which may not be the person's."""
        written = next((one for one in chain if one in wording), chain[-1])
        wanted = self.language or ""
        regional = wanted.startswith(written + "-")
        return formats(wanted if regional else written, self._zone_name)

    def _worked_out(self, formula: str, item: Value = None) -> Value:
        try:
            checked = expression(formula)
            known = {name: self.value(name) for name in checked.names}
            if item is not None:
                known["item"] = item
            return checked.evaluate(known, self.formats)
        except (EvaluationFailed, InvalidExpression):
            return None

    def _at(self, name: str) -> Any:
        root, *fields = name.split(".")
        prefix = self.prefix
        while fields and f"{prefix}{root}." in self.flow.called:
            prefix, root = f"{prefix}{root}.", fields.pop(0)
        value: Any = self._known(prefix + root) if prefix != self.prefix else self.value(root)
        for one in fields:
            value = value.get(one) if isinstance(value, Mapping) else None
        return value

    def _known(self, full: str) -> Any:
        if full in self.variables:
            return self.variables[full]
        if full in self.answers:
            return typed(self.flow.steps.get(full), self.answers[full], self._zone_name)
        if full + "." in self.flow.called:
            inner = full + "."
            return {name: self._known(inner + name) for name in _names(self.flow, inner)}
        return self._default(full)

    def _default(self, full: str) -> Value:
        scope, dot, name = full.rpartition(".")
        definition = self.flow.called.get(scope + dot) if dot else self.flow.definition
        variable = definition.triggers.variables.get(name) if definition else None
        default: Value = variable.default if variable else None
        return default

    def _answer(self, full: str, answer: str) -> str:
        step = self.flow.steps.get(full)
        choice = step.choice if isinstance(step, Ask) else None
        return answer if choice is None else self._title(choice, full, answer)

    def _title(self, choice: Choice, full: str, answer: str) -> str:
        for option in choice.options:
            if option.id == answer:
                return in_language(option.title, self.flow.chain(self.language))
        scope, dot, _ = full.rpartition(".")
        offered = self.within(scope + dot).options(choice) if choice.each else ()
        return next((option.title for option in offered if option.id == answer), answer)


def typed(step: Step | None, answer: str, zone: str) -> Value:
    """Return an answer as expressions know it: by the type of its question."""
    if not isinstance(step, Ask):
        return answer[:MAX_LETTERS]
    if step.number is not None:
        return _number(answer)
    if step.files is not None:
        return int(answer) if answer.isdecimal() else None
    if step.date is not None:
        return formats("en", zone).timestamp(answer)
    return answer


def jsonable(value: Any) -> Any:
    """Return the value as JSON has it: moments as ISO 8601, lengths of time as in `90s`."""
    match value:
        case datetime() | timedelta():
            return string(value)
        case Mapping():
            return {name: jsonable(item) for name, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case _:
            return value


def _number(answer: str) -> int | float | None:
    try:
        return float(answer) if "." in answer else int(answer)
    except ValueError:
        return None


def _is_text(flow: Flow, full: str) -> bool:
    step = flow.steps.get(full)
    return not isinstance(step, Ask) or (step.number is None and step.files is None)


def _names(flow: Flow, inner: str) -> Iterator[str]:
    """Yield what a called flow may know: its answers, what it sets and is given, its outcome."""
    yield "outcome"
    yield from flow.called[inner].triggers.variables
    for full, step in flow.steps.items():
        name = full.removeprefix(inner)
        if name == full or "." in name:
            continue
        if isinstance(step, Set):
            yield from step.set
        elif isinstance(step, Ask | Lookup | FlowForm | Wait | Call):
            yield name


def _contact(scope: Scope) -> Value:
    contact = scope.contact
    return {
        "name": contact.name,
        "language": scope.language or contact.language,
        "opted_out": contact.opted_out,
    }


def _session(scope: Scope) -> Value:
    began = in_zone(scope.session.began_at, scope.formats.zone)
    return {"flow": scope.session.flow, "began_at": began}


def _now(scope: Scope) -> Value:
    return in_zone(scope.now, scope.formats.zone)


def _today(scope: Scope) -> Value:
    now = in_zone(scope.now, scope.formats.zone)
    return now and day_begins(now.date(), scope.formats.zone)


_ROOTS: Mapping[str, Callable[[Scope], Value]] = {
    "contact": _contact,
    "session": _session,
    "now": _now,
    "today": _today,
}
