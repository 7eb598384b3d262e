"""What operators, other systems and timers do to a session."""

from typing import TypeAlias, assert_never

from domain import commands, events
from domain.session import state
from domain.session.beginning import given
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import within
from domain.session.flows.steps import Lookup
from domain.session.going_on import completed, go_on, handed_off
from domain.session.migrating import brought_up
from domain.session.person import Occasion, Person
from domain.session.speaking import Voice, voice_to
from domain.session.state import InteractiveSession
from domain.session.waiting import expired, fire, resume, tired
from domain.values import ContactId, contact_id, session_id

SessionCommand: TypeAlias = (
    commands.HandOffSession
    | commands.ReplyInSession
    | commands.ReleaseSession
    | commands.CompleteSession
    | commands.CancelSession
    | commands.FireTimer
    | commands.RecordLookup
)


class UnknownFlow(Exception):
    """There is no flow of this name, so that the session cannot begin."""


def initiate(
    person: Person, command: commands.InitiateSession, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Begin the flow unless the person is in a session already.

    Raises UnknownFlow, and InvalidVariables where the flow needs others.
    """
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
    values = given(flow, begun, command.personal.variables or {})
    known = _identify(person, command, who)
    chosen = _language(person, command, who)
    voice = voice_to(person, who, state.begin(begun, occasion.at), occasion)
    voice = voice._replace(wa_id=command.personal.to, hides_number=False)
    voice = voice.after(*values).knowing(*chosen)
    return [*known, *chosen, begun, *values, *go_on(voice, flow, flow.first)]


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
            return [completed(voice, command.outcome)]
        case commands.CancelSession():
            return [cancelled(voice.contact_id, session, command.reason)]
        case commands.FireTimer():
            return fire(voice, command, flows)
        case commands.RecordLookup():
            return _found(voice, command, flows)
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


def _language(
    person: Person, command: commands.InitiateSession, who: ContactId
) -> list[events.ContactLanguageChosen]:
    """Return the language that whoever begins wants; the person's own choice counts more."""
    if command.language is None or person.contact.language is not None:
        return []
    return [
        events.ContactLanguageChosen(contact_id=who, language=command.language, source="operator")
    ]


def _reply(voice: Voice, command: commands.ReplyInSession) -> list[events.Event]:
    """Say what the operator said, or in a closed window nothing but what they chose for it.

    The flow's own template is not theirs: they would believe that their words were read.
    """
    said = command.personal
    return [*voice.say([said.message], quotes=said.quotes, fallback=said.fallback)]


def _release(voice: Voice, flows: FlowBook) -> list[events.Event]:
    session = voice.session
    released = events.SessionReleased(contact_id=voice.contact_id, session_id=session.session_id)
    flow, moved = brought_up(voice.contact_id, session, flows)
    voice = voice.after(*moved, released)
    return [*moved, released, *resume(voice, flow, flow.steps.get(voice.session.step))]


def _found(voice: Voice, command: commands.RecordLookup, flows: FlowBook) -> list[events.Event]:
    """Go on with what another service found; an answer that nobody waits for decides nothing."""
    session = voice.session
    if session.lookup != command.lookup_id or session.status != "waiting":
        return []
    flow = flows.of_session(session.flow, session.flow_version)
    step = flow.steps.get(session.step)
    if not isinstance(step, Lookup):
        return []
    answered = events.LookupAnswered(
        contact_id=voice.contact_id,
        session_id=session.session_id,
        lookup_id=command.lookup_id,
        step=step.id,
        outcome=command.outcome,
        personal=events.Found(data=command.personal.data),
    )
    others = {"not-found": step.not_found, "failed": step.failed}
    other = others.get(command.outcome)
    to = within(step.id) + other if other else flow.following.get(step.id)
    if tired(voice):
        return [answered, expired(voice)]
    return [answered, *go_on(voice.after(answered), flow, to)]
