"""What operators, other systems and timers do to a session."""

from dataclasses import replace
from typing import TypeAlias, assert_never

from domain import commands, events
from domain.session import state
from domain.session.answering import ask_again
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Ask, HandOff
from domain.session.person import Occasion, Person
from domain.session.speaking import Voice, completed, go_on, handed_off, voice_to
from domain.session.state import InteractiveSession
from domain.session.timers import deadlines
from domain.values import ContactId, contact_id, session_id

SessionCommand: TypeAlias = (
    commands.HandOffSession
    | commands.ReplyInSession
    | commands.ReleaseSession
    | commands.CompleteSession
    | commands.CancelSession
    | commands.FireTimer
)


class UnknownFlow(Exception):
    """There is no flow of this name, so that the session cannot begin."""


def initiate(
    person: Person, command: commands.InitiateSession, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Begin the flow unless the person is in a session already. Raises UnknownFlow."""
    flow = flows.current.get(command.flow)
    if flow is None:
        raise UnknownFlow(command.flow)
    if person.open_session:
        return []
    who = person.contact_id or contact_id(occasion.command_id)
    begun = events.SessionInitiated(
        contact_id=who,
        session_id=session_id(occasion.command_id),
        phone_number_id=command.phone_number_id,
        flow=flow.name,
        flow_version=flow.version,
        trigger="operator",
    )
    known = voice_to(person, who, state.begin(begun, occasion.at), occasion)
    voice = replace(known, wa_id=command.personal.to, hides_number=False)
    return [*_identify(person, command, who), begun, *go_on(voice, flow, flow.first, {})]


def operate(
    person: Person, command: SessionCommand, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Do to an open session what is asked; a session that has ended stays as it is."""
    session = person.sessions.get(command.session_id) if command.session_id else None
    if session is None or not session.open or person.contact_id is None:
        return []
    voice = voice_to(person, person.contact_id, session, occasion)
    match command:
        case commands.HandOffSession():
            if session.status == "handed-off":
                return []
            note = command.personal.note
            return [handed_off(voice, reason="operator", team=command.team, note=note)]
        case commands.ReplyInSession():
            return _reply(voice, command) if session.status == "handed-off" else []
        case commands.ReleaseSession():
            return _release(voice, flows) if session.status == "handed-off" else []
        case commands.CompleteSession():
            return [completed(voice, command.outcome, session.answers)]
        case commands.CancelSession():
            return [cancelled(voice.contact_id, session, command.reason)]
        case commands.FireTimer():
            return _expire(voice, command, flows)
        case _:
            assert_never(command)


def cancelled(who: ContactId, session: InteractiveSession, reason: str) -> events.SessionCancelled:
    """Return the fact that the session ended without an outcome."""
    return events.SessionCancelled(contact_id=who, session_id=session.session_id, reason=reason)


def _identify(
    person: Person, command: commands.InitiateSession, who: ContactId
) -> list[events.Event]:
    if person.contact_id:
        return []
    return [
        events.ContactIdentified(
            contact_id=who,
            phone_number_id=command.phone_number_id,
            personal=events.Identity(from_=command.personal.to),
        )
    ]


def _reply(voice: Voice, command: commands.ReplyInSession) -> list[events.Event]:
    """Say what the operator said, or in a closed window nothing but what they chose for it.

    The flow's own template is not theirs: they would believe that their words were read.
    """
    said = command.personal
    return voice.say([said.message], quotes=said.quotes, fallback=said.fallback)


def _release(voice: Voice, flows: FlowBook) -> list[events.Event]:
    session = voice.session
    flow = flows.of_session(session.flow, session.flow_version)
    released = events.SessionReleased(contact_id=voice.contact_id, session_id=session.session_id)
    match flow.steps.get(session.step):
        case Ask() as step:
            return [released, *ask_again(voice, flow, step)]
        case HandOff() as step:
            following = flow.following.get(step.id)
        case _:
            following = flow.first
    return [released, *go_on(voice, flow, following, session.answers)]


def _expire(voice: Voice, command: commands.FireTimer, flows: FlowBook) -> list[events.Event]:
    """Expire a session that was silent long enough; a timer of an earlier moment is stale."""
    session = voice.session
    flow = flows.of_session(session.flow, session.flow_version)
    if command.due_at < deadlines(session, flow)[command.kind]:
        return []
    return [events.SessionExpired(contact_id=voice.contact_id, session_id=session.session_id)]
