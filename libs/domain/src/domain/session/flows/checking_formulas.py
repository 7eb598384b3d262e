"""What is wrong with the expressions of a flow and the names in its texts."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.session.flows.checking_fields import problems_of_fields
from domain.session.flows.definition import Definition
from domain.session.flows.expressions import expression
from domain.session.flows.flow import Flow, within
from domain.session.flows.phrases import phrase
from domain.session.flows.questions import MAX_BUTTONS, Choice
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
from domain.session.flows.steps_passing import Template
from domain.session.flows.tokens import InvalidExpression
from domain.session.flows.wording import Wording

ALWAYS = frozenset({"contact", "session", "referral", "now", "today"})
"""Names that mean something in every expression."""


class Written(NamedTuple):
    """A text or an expression, and where it stands."""

    place: str
    source: str
    scope: str = ""
    more: frozenset[str] = frozenset()
    """Names that mean something here alone."""


def problems_of_formulas(flow: Flow) -> Iterator[str]:
    """Yield what no expression can be made of, and names that nothing has."""
    known = {scope: _names(definition) for scope, definition in _scopes(flow)}
    for written in _formulas(flow):
        yield from _problems(flow, written, known[written.scope], is_text=False)
    for written in texts(flow):
        yield from _problems(flow, written, known[written.scope], is_text=True)
    for written, answer in _compared(flow):
        if answer not in known[written.scope]:
            yield f"{written.place} uses the answer {answer}, which no step asks for"


def _problems(
    flow: Flow, written: Written, known: frozenset[str], *, is_text: bool
) -> Iterator[str]:
    try:
        read = (phrase if is_text else expression)(written.source)
    except InvalidExpression as error:
        yield f"{written.place}: {error}"
        return
    missing = read.names - known - ALWAYS - written.more
    for name in sorted(missing):
        yield f"{written.place} uses the answer {name}, which no step asks for"
    there = {path for path in read.paths if path[0] not in missing | written.more}
    for problem in problems_of_fields(flow, written.scope, there):
        yield f"{written.place}: {problem}"


def _scopes(flow: Flow) -> Iterator[tuple[str, Definition]]:
    yield "", flow.definition
    yield from flow.called.items()


def _names(definition: Definition) -> frozenset[str]:
    """Return what answers, variables, lookups and calls are known by."""
    names = {*definition.triggers.variables}
    for step in definition.steps:
        match step:
            case Ask() | FlowForm() | Lookup() | Wait() | Call():
                names.add(step.id)
            case Set():
                names |= step.set.keys()
            case _:
                pass
    return frozenset(names)


def _formulas(flow: Flow) -> Iterator[Written]:
    for step in flow.steps.values():
        for place, source, more in _of_step(step):
            yield Written(f"step {step.id}{place}", source, within(step.id), more)


def _of_step(step: Step) -> Iterator[tuple[str, str, frozenset[str]]]:
    nothing = frozenset[str]()
    match step:
        case Ask() if step.choice and step.choice.each:
            each = step.choice.each
            yield ": choice: each", each.of, nothing
            for source in (each.id, each.title, each.description):
                if source is not None:
                    yield ": choice: each", source, frozenset({"item"})
        case Branch():
            yield from (("", case.when, nothing) for case in step.branch if case.when)
        case Set():
            yield from ((f": {name}", source, nothing) for name, source in step.set.items())
        case Call():
            yield from ((f": {name}", source, nothing) for name, source in step.call.given.items())
        case FlowForm():
            yield from (
                (f": {name}", source, nothing) for name, source in step.flow_form.data.items()
            )
        case Lookup():
            yield from (
                (f": {name}", source, nothing) for name, source in step.lookup.query.items()
            )
        case Wait() if step.wait.until is not None:
            yield ": until", step.wait.until, nothing
        case Complete():
            yield from (
                (f": {name}", source, nothing) for name, source in step.complete.data.items()
            )
        case _:
            return


def _compared(flow: Flow) -> Iterator[tuple[Written, str]]:
    for step in flow.steps.values():
        for case in step.branch if isinstance(step, Branch) else ():
            if case.answer is not None:
                yield Written(f"step {step.id}", "", within(step.id)), case.answer


def texts(flow: Flow) -> Iterator[Written]:
    """Yield every text of the flow in every language, and where it stands."""
    for place, wording in wordings_of_flow(flow.definition):
        yield from (Written(place, text) for text in wording.values())
    for step in flow.steps.values():
        for wording in wordings(step):
            for text in wording.values():
                yield Written(f"step {step.id}", text, within(step.id))
        for text in _plain_texts(step):
            yield Written(f"step {step.id}", text, within(step.id))
    if flow.definition.template:
        yield from (Written("template", text) for text in flow.definition.template.texts)


def _plain_texts(step: Step) -> Iterable[str]:
    match step:
        case SendTemplate(template=Template() as template):
            return template.texts
        case HandOff(hand_off=handing) if handing.note:
            return (handing.note,)
        case _:
            return ()


def wordings(step: Step) -> Iterator[Wording]:
    """Yield what a step can say."""
    match step:
        case Ask():
            yield step.ask
            yield from _given(step.wrong, step.reminder.say if step.reminder else None)
            yield from _of_choice(step.choice) if step.choice else ()
            if step.files and step.files.max > 1:
                yield from (step.files.more, step.files.done)
            if step.files and step.files.min > 1:
                yield step.files.needed
        case Say():
            yield step.say
            yield from _given(step.link.title if step.link else None)
        case FlowForm():
            yield from (step.flow_form.ask, step.flow_form.button)
            yield from _given(step.reminder.say if step.reminder else None)
        case HandOff(hand_off=said) | Complete(complete=said):
            yield from _given(said.say)
        case Lookup():
            yield from _given(step.busy)
        case _:
            return


def _of_choice(choice: Choice) -> Iterator[Wording]:
    """Yield what is shown; a language's own name is the same in all of them."""
    if choice.each is not None or len(choice.options) > MAX_BUTTONS:
        yield choice.button
    for option in choice.options:
        yield from _given(None if choice.language else option.title, option.description)


def wordings_of_flow(definition: Definition) -> Iterator[tuple[str, Wording]]:
    """Yield what a flow can say at any step, and under which key it stands."""
    asked = [step for step in definition.steps if isinstance(step, Ask)]
    yield "wrong", definition.wrong
    yield "unreadable", definition.unreadable
    yield "unasked_file", definition.unasked_file
    if any(step.choice or step.files for step in asked):
        yield "late", definition.late
    if any(step.files for step in asked):
        yield "file_failed", definition.file_failed
    for place, said in (
        ("agent", definition.agent),
        ("stop", definition.stop),
        ("opt_out", definition.opt_out),
        ("opt_in", definition.opt_in),
    ):
        if said.say is not None and said.words:
            yield f"{place}: say", said.say
    if definition.window_closing and definition.window_closing.say is not None:
        yield "window_closing: say", definition.window_closing.say


def _given(*wordings: Wording | None) -> Iterator[Wording]:
    return (wording for wording in wordings if wording is not None)
