"""People who want no more messages say so in words that the flow lists."""

from collections.abc import Iterable
from datetime import datetime

from domain import events
from domain.messages import InboundChoice, InboundMessage, InboundText
from domain.session.flows.answers import plain, ways_to_say
from domain.session.flows.flow import Flow
from domain.session.flows.turn import statements
from domain.session.person import Person
from domain.session.speaking import Voice
from domain.values import ContactId


def stopped_by(message: InboundMessage, flows: Iterable[Flow]) -> Flow | None:
    """Return the flow by whose words the person wants no more messages, if these are some."""
    words = plain(_words(message))
    if not words:
        return None
    return next((flow for flow in flows if words in _ways(flow)), None)


def opt_out(voice: Voice, flow: Flow, person: Person, at: datetime) -> list[events.Event]:
    """Return that the person wants no more messages, that we say so, and the end of the session.

    `at` is when they wrote so.
    """
    told = voice.say(statements((flow.definition.opt_out.say,)))
    session = voice.session.session_id
    ended = events.SessionCancelled(
        contact_id=voice.contact_id, session_id=session, reason="opted-out"
    )
    return [*refused(person, voice.contact_id, at), *told, ended]


def refused(person: Person, who: ContactId, at: datetime) -> list[events.Event]:
    """Return that the person wants no more messages, unless that is known or they chose since."""
    chose = person.contact.consent_at
    if person.contact.opted_out or (chose is not None and chose > at):
        return []
    return [events.ContactOptedOut(contact_id=who, source="words", at=at)]


def _words(message: InboundMessage) -> str:
    match message:
        case InboundText():
            return message.text
        case InboundChoice(type="template_button"):
            return message.title
        case _:
            return ""


def _ways(flow: Flow) -> frozenset[str]:
    return ways_to_say(*flow.definition.opt_out.words)
