"""Words that do something at any point: a human, a step back, anew, the end, another language."""

from typing import assert_never

from domain import events
from domain.session.answering import ask_again
from domain.session.flows.asking import statements
from domain.session.flows.flow import Flow
from domain.session.flows.heard import Heard
from domain.session.flows.steps import Ask, FlowForm
from domain.session.flows.templates import filled
from domain.session.going_on import go_on, handed_off
from domain.session.speaking import Voice


def wished(voice: Voice, flow: Flow, heard: Heard) -> list[events.Event]:
    """Do what the word asks for."""
    match heard.wish:
        case "agent":
            return _call_human(voice, flow)
        case "back":
            return _step_back(voice, flow)
        case "restart":
            return _restart(voice, flow)
        case "stop":
            return _stop(voice, flow)
        case "language":
            return _switch(voice, flow, heard.language or "")
        case _:
            assert_never(heard.wish)


def _call_human(voice: Voice, flow: Flow) -> list[events.Event]:
    agent, scope = flow.definition.agent, voice.scope(flow)
    told = statements((scope.text(agent.say) if agent.say else "",))
    said = voice.say(told, fallback=filled(flow.definition.template, scope))
    note = scope.filled(agent.note) if agent.note else None
    handed = handed_off(voice, reason="asked", team=agent.team, note=note, lease=agent.lease)
    return [*said, handed]


def _step_back(voice: Voice, flow: Flow) -> list[events.Event]:
    """Put the question before the open one; at the first one it is put once more."""
    session = voice.session
    path = session.path if session.step in session.path[-1:] else (*session.path, session.step)
    before = [step for step in path[:-1] if step in flow.steps]
    if before:
        return go_on(voice, flow, before[-1])
    step = flow.steps.get(session.step)
    return ask_again(voice, flow, step) if isinstance(step, Ask | FlowForm) else []


def _restart(voice: Voice, flow: Flow) -> list[events.Event]:
    restarted = events.SessionRestarted(
        contact_id=voice.contact_id, session_id=voice.session.session_id
    )
    return [restarted, *go_on(voice.after(restarted), flow, flow.first)]


def _stop(voice: Voice, flow: Flow) -> list[events.Event]:
    said = flow.definition.stop.say
    told = statements((voice.scope(flow).text(said) if said else "",))
    ended = events.SessionCancelled(
        contact_id=voice.contact_id, session_id=voice.session.session_id, reason="stopped"
    )
    return [*voice.say(told), ended]


def _switch(voice: Voice, flow: Flow, language: str) -> list[events.Event]:
    """Speak another language from now on, beginning with the open question."""
    if language == voice.contact.language:
        chosen = []
    else:
        chosen = [
            events.ContactLanguageChosen(
                contact_id=voice.contact_id, language=language, source="words"
            )
        ]
    voice = voice.knowing(*chosen)
    step = flow.steps.get(voice.session.step)
    if step is None:
        return [*chosen, *go_on(voice, flow, flow.first)]
    if isinstance(step, Ask | FlowForm):
        return [*chosen, *ask_again(voice, flow, step)]
    return [*chosen]
