"""What a colleague leads to who answers a person from outside, such as from the phone app."""

from typing import Literal

from domain import commands, events
from domain.session import state
from domain.session.aliases import Aliases, addressed
from domain.session.flows.book import FlowBook
from domain.session.going_on import handed_off
from domain.session.identifying import identify
from domain.session.person import Occasion, Person
from domain.session.speaking import voice_to
from domain.session.state import InteractiveSession
from domain.values import ContactId, contact_id, session_id


def take_over(
    person: Person, command: commands.HandOffSession, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Make the bot silent towards the person until the session is released or ends.

    Somebody without open session gets one that is handed off from its beginning, so that what
    silences the bot is always a session: operators see it and give it back, and it expires.
    """
    named = addressed(command)
    if not isinstance(named, Aliases):
        return []
    who, at = person.contact_id or contact_id(occasion.command_id), command.at or occasion.at
    known: list[events.Event] = [*identify(person.contact, named, who, at=at)]
    session = person.open_session
    left_at = person.contact.humans_left_at
    if _is_ours(person, command) or (left_at is not None and at <= left_at):
        return known
    if session is not None:
        silent = session.status == "handed-off"
        return known if silent else [*known, _taken(person, command, occasion, who, session)]
    begun = _begun(command, occasion, flows, who)
    session = state.begin(begun, occasion.at)
    return [*known, begun, _taken(person, command, occasion, who, session)]


def _is_ours(person: Person, command: commands.HandOffSession) -> bool:
    """Say whether it was no human who wrote, but we."""
    return any(command.personal.wamid in one.sent_as for one in person.sessions.values())


def _begun(
    command: commands.HandOffSession, occasion: Occasion, flows: FlowBook, who: ContactId
) -> events.SessionInitiated:
    flow = flows.default
    return events.SessionInitiated(
        contact_id=who,
        session_id=session_id(occasion.command_id),
        phone_number_id=command.phone_number_id or "",
        flow=flow.name,
        flow_version=flow.version,
        trigger=_source(command),
    )


def _taken(
    person: Person,
    command: commands.HandOffSession,
    occasion: Occasion,
    who: ContactId,
    session: InteractiveSession,
) -> events.SessionHandedOff:
    voice = voice_to(person, who, session, occasion)
    note = command.personal.note
    return handed_off(voice, reason=_source(command), team=command.team, note=note)


def _source(command: commands.HandOffSession) -> Literal["operator", "echo"]:
    return command.source or "operator"
