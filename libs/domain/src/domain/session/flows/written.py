"""Every text and every expression of a flow, and where it stands."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from domain.commands.file_rejections import OTHER
from domain.session.flows.definition import Definition
from domain.session.flows.flow import Flow, within
from domain.session.flows.questions import MAX_BUTTONS, Choice, Files
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
from domain.session.flows.wording import Wording


class Written(NamedTuple):
    """A text or an expression, and where it stands."""

    place: str
    source: str
    scope: str = ""
    more: frozenset[str] = frozenset()
    """Names that mean something here alone."""


Placed: TypeAlias = tuple[str, Wording]
"""A text in all its languages, behind the keys that lead to it."""

_ITEM = frozenset({"item"})


def formulas(flow: Flow) -> Iterator[Written]:
    """Yield every expression of the flow that is no part of a text."""
    for step in flow.steps.values():
        for place, source in _of_step(step):
            yield Written(f"step {step.id}: {place}", source, within(step.id))
        if isinstance(step, Ask) and step.choice and step.choice.each:
            each = step.choice.each
            yield Written(f"step {step.id}: choice: each: of", each.of, within(step.id))
            for key in ("id", "title", "description"):
                if (source := getattr(each, key)) is not None:
                    place = f"step {step.id}: choice: each: {key}"
                    yield Written(place, source, within(step.id), _ITEM)


def _of_step(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case Branch():
            for number, case in enumerate(step.branch, 1):
                if case.when is not None:
                    yield f"branch: number {number}: when", case.when
        case Set():
            yield from _named("set", step.set)
        case Call():
            yield from _named("call: with", step.call.given)
        case FlowForm():
            yield from _named("flow_form: data", step.flow_form.data)
        case Lookup():
            yield from _named("lookup: query", step.lookup.query)
        case Wait() if step.wait.until is not None:
            yield "wait: until", step.wait.until
        case Complete():
            yield from _named("complete: data", step.complete.data)
        case _:
            return


def _named(place: str, listed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((f"{place}: {name}", source) for name, source in listed.items())


def texts(flow: Flow) -> Iterator[Written]:
    """Yield every text of the flow in every language."""
    for place, wording in wordings_of_flow(flow.definition):
        yield from (Written(where, text) for where, text in _by_language(place, wording))
    for step in flow.steps.values():
        for key, wording in wordings(step):
            for where, text in _by_language(f"step {step.id}: {key}", wording):
                yield Written(where, text, within(step.id))
        for key, text in _plain_texts(step):
            yield Written(f"step {step.id}: {key}", text, within(step.id))
    if flow.definition.template:
        for key, text in _of_template(flow.definition.template):
            yield Written(f"template: {key}", text)


def _by_language(place: str, wording: Wording) -> Iterator[tuple[str, str]]:
    for language, text in wording.items():
        yield (f"{place}: {language}" if language else place), text


def _plain_texts(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case SendTemplate(template=Template() as template):
            yield from ((f"template: {key}", text) for key, text in _of_template(template))
        case HandOff(hand_off=handing) if handing.note:
            yield "hand_off: note", handing.note
        case _:
            return


def _of_template(template: Template) -> Iterator[tuple[str, str]]:
    if isinstance(template.body, dict):
        yield from _named("body", template.body)
    else:
        yield from ((f"body: number {n}", text) for n, text in enumerate(template.body, 1))
    if template.header is not None:
        yield "header", template.header


def wordings(step: Step) -> Iterator[Placed]:
    """Yield what a step can say."""
    match step:
        case Ask():
            yield "ask", step.ask
            yield from _given(("wrong", step.wrong), _reminder(step))
            yield from _of_choice(step.choice) if step.choice else ()
            yield from _of_files(step.files) if step.files else ()
        case Say():
            yield "say", step.say
            yield from _given(("link: title", step.link.title if step.link else None))
        case FlowForm():
            yield "flow_form: ask", step.flow_form.ask
            yield "flow_form: button", step.flow_form.button
            yield from _given(_reminder(step))
        case HandOff():
            yield from _given(("hand_off: say", step.hand_off.say))
        case Complete():
            yield from _given(("complete: say", step.complete.say))
        case Lookup():
            yield from _given(("busy", step.busy))
        case _:
            return


def _reminder(step: Ask | FlowForm) -> tuple[str, Wording | None]:
    return "reminder: say", step.reminder.say if step.reminder else None


def _of_files(files: Files) -> Iterator[Placed]:
    if files.max > 1:
        yield "files: more", files.more
        yield "files: done", files.done
    if files.min > 1:
        yield "files: needed", files.needed


def _of_choice(choice: Choice) -> Iterator[Placed]:
    """Yield what is shown; a language's own name is the same in all of them."""
    if choice.each is not None or len(choice.options) > MAX_BUTTONS:
        yield "choice: button", choice.button
    for number, option in enumerate(choice.options, 1):
        place = f"choice: options: number {number}"
        yield from _given(
            (f"{place}: title", None if choice.language else option.title),
            (f"{place}: description", option.description),
        )


def wordings_of_flow(definition: Definition) -> Iterator[Placed]:
    """Yield what a flow can say at any step, and under which key it stands."""
    asked = [step for step in definition.steps if isinstance(step, Ask)]
    yield "wrong", definition.wrong
    yield "unreadable", definition.unreadable
    yield "unasked_file", definition.unasked_file
    if any(step.choice or step.files for step in asked):
        yield "late", definition.late
    if any(step.files for step in asked):
        yield "file_failed", definition.file_failed or OTHER
        for code, told in definition.file_rejected.items():
            yield f"file_rejected: {code}", told
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


def _given(*placed: tuple[str, Wording | None]) -> Iterator[Placed]:
    return ((place, wording) for place, wording in placed if wording is not None)
