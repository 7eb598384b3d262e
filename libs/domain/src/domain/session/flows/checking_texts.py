"""Texts that are missing in a language, or that WhatsApp would refuse however they are answered."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from domain.events import SessionInitiated
from domain.messages import OutboundLink, OutboundMessage
from domain.messages.limits import exceeded
from domain.session.contact import Contact
from domain.session.fitting import fit
from domain.session.flows.asking import form, one_more_file, question, shown
from domain.session.flows.checking_fields import problems_of_plurals
from domain.session.flows.examples import longest_example, longest_parts
from domain.session.flows.flow import Flow, within
from domain.session.flows.scope import Scope
from domain.session.flows.steps import Ask, FlowForm, Say, SendTemplate, Step
from domain.session.flows.steps_passing import Template
from domain.session.flows.templates import filled_with
from domain.session.flows.wording import EVERY, PLAIN, Wording
from domain.session.flows.written import wordings, wordings_of_flow
from domain.session.state import begin
from domain.values import NAMESPACE, ContactId, SessionId

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SHOWN = 30
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def problems_of_texts(flow: Flow, *, is_part: bool) -> Iterator[str]:
    """Yield the texts that are missing, and the messages that break a limit."""
    for place, wording in wordings_of_flow(flow.definition):
        if place.partition(":")[0] in flow.definition.model_fields_set:
            yield from _problems_of_languages(flow, place, wording)
        elif not is_part:
            yield from _problems_of_defaults(flow, place, wording)
    for step in flow.steps.values():
        for key, wording in wordings(step):
            yield from _problems_of_languages(flow, f"step {step.id}: {key}", wording)
    for place, template in _templates(flow):
        words = {text: text for text in template.texts}
        if problem := exceeded(filled_with(template, words)):
            yield f"{place}: {problem}"
    yield from dict.fromkeys(_beyond_limits(flow))


def _problems_of_languages(flow: Flow, place: str, wording: Wording) -> Iterator[str]:
    languages = flow.definition.languages
    for language in sorted(wording.keys() - {PLAIN, EVERY, *languages}):
        yield f"{place}: {language} is none of the flow's languages: add it to languages"
    if not all(map(str.strip, wording.values())):
        yield f"{place}: a text is blank: write what it says, or take it out"
        return
    for problem in problems_of_plurals(flow.definition, wording):
        yield f"{place}: {problem}"
    if not any(letter.isalpha() for letter in _PLACEHOLDER.sub("", "".join(wording.values()))):
        return
    for language in languages:
        if not _is_there(flow, wording, language):
            yield (
                f"{place}: the text {_shown(wording)} is missing in {language}: "
                f'write it, or put it under "{EVERY}" if it is for all languages'
            )


def _problems_of_defaults(flow: Flow, place: str, wording: Wording) -> Iterator[str]:
    """Find what every flow can say, and this one in its first language alone."""
    missing = [one for one in flow.definition.languages if not _is_there(flow, wording, one)]
    if missing:
        also = ", or write `agent: {words: []}`" if place.startswith("agent") else ""
        yield (
            f"{place}: you wrote none, so {_shown(wording)} is said, which is missing in "
            f"{', '.join(missing)}: write your own in all languages{also}"
        )


def _shown(wording: Wording) -> str:
    text = next(iter(wording.values()))
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _is_there(flow: Flow, wording: Wording, language: str) -> bool:
    """Say whether somebody who speaks the language reads no other that nobody chose for them."""
    first, *_ = flow.definition.languages
    if EVERY in wording:
        return True
    stands_in = flow.chain(language) if language in flow.definition.fallbacks else (language,)
    return any(one in wording or (one == first and PLAIN in wording) for one in stands_in)


def _templates(flow: Flow) -> Iterator[tuple[str, Template]]:
    if flow.definition.template:
        yield "template", flow.definition.template
    for step in flow.steps.values():
        if isinstance(step, SendTemplate):
            yield f"step {step.id}", step.template


def _beyond_limits(flow: Flow) -> Iterator[str]:
    """Find what breaks a limit with the longest answers; long words alone are no problem."""
    asked = [step for step in flow.steps.values() if isinstance(step, Ask)]
    for language in flow.definition.languages:
        spoken = flow.heard_by(language)
        answers = {step.id: longest_example(step.kind, spoken) for step in asked}
        parts = {step.id: data for step in asked if (data := longest_parts(step.kind))}
        for step in flow.steps.values():
            for message in fit(_asked(step, _scope(flow, step, answers, parts, language))):
                if problem := exceeded(message):
                    yield f"step {step.id}: {problem}"


def _asked(step: Step, scope: Scope) -> Iterator[OutboundMessage]:
    match step:
        case Ask():
            yield from question(step, (), scope)
            if step.files:
                yield one_more_file(step, step.files, scope, given=step.files.min)
        case FlowForm():
            yield from form(step, (), scope)
        case Say(link=link) if link:
            text, button = shown((scope.text(step.say),)), shown((scope.text(link.title),))
            yield OutboundLink(text=text, button=button, url=link.url)
        case _:
            return


def _scope(
    flow: Flow, step: Step, answers: dict[str, str], parts: dict[str, Any], language: str
) -> Scope:
    begun = SessionInitiated(
        contact_id=ContactId(NAMESPACE),
        session_id=SessionId(NAMESPACE),
        phone_number_id="",
        flow=flow.name,
        flow_version=flow.version,
        trigger="message",
    )
    return Scope(
        flow=flow,
        answers=answers,
        variables=parts,
        contact=Contact(language=language),
        session=begin(begun, _NOON),
        now=_NOON,
        language=language,
        prefix=within(step.id),
    )
