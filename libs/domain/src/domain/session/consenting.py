"""People who want no more messages, or want them again, say so in words that flows list.

The words of one flow count for the whole number: whoever writes them means the business, not
the conversation that happens to be open.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain import events
from domain.messages import InboundChoice, InboundMessage, InboundText
from domain.session.flows.answers import plain, ways_to_say
from domain.session.flows.flow import Flow
from domain.session.flows.turn import statements
from domain.session.person import Person
from domain.session.speaking import Voice, go_on
from domain.values import ContactId


def stopped_by(message: InboundMessage, flows: Iterable[Flow]) -> Flow | None:
    """Return the flow by whose words the person wants no more messages, if these are some."""
    words = plain(_words(message))
    if not words:
        return None
    return next((f for f in flows if words in ways_to_say(*f.definition.opt_out.words)), None)


def brought_back_by(
    message: InboundMessage, flows: Iterable[Flow], person: Person, at: datetime
) -> Flow | None:
    """Return the flow by whose words the person wants messages again, if they had opted out.

    Of everybody else, and where they opted out later than they wrote so, these are words like
    any others.
    """
    chose = person.contact.consent_at
    if not person.contact.opted_out or (chose is not None and chose > at):
        return None
    words = plain(_words(message))
    return next((f for f in flows if words in ways_to_say(*f.definition.opt_in.words)), None)


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


def opt_in(voice: Voice, flow: Flow, told: str, at: datetime) -> list[events.Event]:
    """Return that the person wants messages again, that they are `told` so, and the open question.

    `at` is when they wrote so. While a human talks the flow says nothing.
    """
    session, willing = voice.session, replace(voice, opted_out=False)
    again = events.ContactOptedIn(contact_id=voice.contact_id, source="words", at=at)
    if session.status == "handed-off":
        return [again]
    step = session.step or flow.first
    if session.files_of(step):  # asked anew, they would count no more
        return [again, *willing.say(statements((told,)))]
    return [again, *go_on(willing, flow, step, session.answers, told)]


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
