"""Let the flow speak, up to the next step that waits for somebody or ends the session."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, assert_never

from domain import events
from domain.messages import OutboundMessage
from domain.session.flows.asking import form, question, statements
from domain.session.flows.flow import Flow
from domain.session.flows.scope import Scope
from domain.session.flows.steps import Ask, Complete, FlowForm, HandOff, Lookup, Wait
from domain.session.flows.steps_waiting import Lease
from domain.session.flows.templates import filled
from domain.session.flows.turn import Act, Known, Said, Shown, Turn, advance
from domain.session.speaking import Voice
from domain.values import later_by, lookup_id


def go_on(voice: Voice, flow: Flow, step_id: str | None, *before: str) -> list[events.Event]:
    """Let the flow speak from this step on, after the words `before`."""
    turn = advance(flow, step_id, voice.scope(flow, step_id or ""))
    known = _remembered(voice, turn.acts)
    shown, words = _bubbles(before, turn.acts)
    fallback = filled(flow.definition.template, turn.scope)
    match turn.stop:
        case Ask() as step:
            asked = [*shown, *question(step, words, turn.scope)]
            return [*known, *voice.say(asked, step=step.id, fallback=fallback)]
        case FlowForm() as step:
            asked = [*shown, *form(step, words, turn.scope)]
            return [*known, *voice.say(asked, step=step.id, fallback=fallback)]
        case _:
            told = _last_words(turn)
            said = [*shown, *statements((*words, told))]
            return [*known, *voice.say(said, fallback=fallback), *_stopped(voice, turn)]


def _remembered(voice: Voice, acts: Iterable[Act]) -> list[events.Event]:
    return [
        events.VariablesSet(
            contact_id=voice.contact_id,
            session_id=voice.session.session_id,
            step=act.step,
            personal=events.Values(values=dict(act.values)),
        )
        for act in acts
        if isinstance(act, Known)
    ]


def _bubbles(
    before: Sequence[str], acts: Iterable[Act]
) -> tuple[list[OutboundMessage], tuple[str, ...]]:
    """Return the messages on the way, and the words that are left for the last one."""
    shown: list[OutboundMessage] = []
    words = [*before]
    for act in acts:
        match act:
            case Said(text):
                words.append(text)
            case Shown(message):
                shown.extend((*statements(words), message))
                words.clear()
            case Known():
                pass
            case _:
                assert_never(act)
    return shown, tuple(words)


def _last_words(turn: Turn) -> str:
    match turn.stop:
        case HandOff(hand_off=ending) | Complete(complete=ending) if ending.say:
            return turn.scope.text(ending.say)
        case _:
            return ""


def _stopped(voice: Voice, turn: Turn) -> list[events.Event]:
    """Return what becomes of the session at a step that asks the person nothing."""
    match turn.stop:
        case HandOff() as step:
            return [_handed_off_by(step, voice, turn.scope)]
        case Lookup() as step:
            return [_looked_up(step, voice, turn.scope)]
        case Wait() as step:
            return [
                events.WaitBegun(
                    contact_id=voice.contact_id,
                    session_id=voice.session.session_id,
                    step=step.id,
                    until=turn.until,
                )
            ]
        case Complete() as step:
            data = {name: turn.scope.worth(formula) for name, formula in step.complete.data.items()}
            return [completed(voice, step.complete.outcome, data or None)]
        case None:
            return [completed(voice, "ended")]
        case Ask() | FlowForm():
            return []
        case _:
            assert_never(turn.stop)


def _handed_off_by(step: HandOff, voice: Voice, scope: Scope) -> events.SessionHandedOff:
    handing = step.hand_off
    return handed_off(
        voice,
        reason="flow",
        step=step.id,
        team=handing.team,
        note=scope.filled(handing.note) if handing.note else None,
        lease=handing.lease,
    )


def _looked_up(step: Lookup, voice: Voice, scope: Scope) -> events.LookupRequested:
    looking = step.lookup
    return events.LookupRequested(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=voice.session.phone_number_id,
        lookup_id=lookup_id(voice.occasion.command_id, 1),
        flow=voice.session.flow,
        step=step.id,
        name=looking.name,
        answer_by=later_by(voice.occasion.at, looking.timeout),
        personal=events.Query(
            query={name: scope.worth(formula) for name, formula in looking.query.items()}
        ),
    )


def handed_off(
    voice: Voice,
    *,
    reason: Literal["asked", "flow", "operator", "echo"],
    step: str | None = None,
    team: str | None = None,
    note: str | None = None,
    lease: Lease | None = None,
) -> events.SessionHandedOff:
    """Return the fact that a human talks from now on."""
    return events.SessionHandedOff(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=voice.session.phone_number_id,
        flow=voice.session.flow,
        step=step,
        team=team,
        reason=reason,
        lease_until=later_by(voice.occasion.at, lease.after) if lease else None,
        personal=events.Note(note=note, answers=dict(voice.session.answers) or None),
    )


def completed(
    voice: Voice, outcome: str, data: dict[str, Any] | None = None
) -> events.SessionCompleted:
    """Return the fact that the session came to its end."""
    return events.SessionCompleted(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=voice.session.phone_number_id,
        flow=voice.session.flow,
        outcome=outcome,
        personal=events.Outcome(answers=dict(voice.session.answers), data=data),
    )
