"""People who want no more messages, or want them again, say so in words that flows list.

The words of one flow count for the whole number: whoever writes them means the business, not
the conversation that happens to be open.
"""

from datetime import datetime

from domain import events
from domain.messages import InboundChoice, InboundMessage, InboundText
from domain.session.flows.asking import statements
from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask, FlowForm
from domain.session.flows.words import plain
from domain.session.going_on import go_on
from domain.session.person import Person
from domain.session.speaking import Voice
from domain.values import ContactId


def words_of(message: InboundMessage) -> str:
    """Return what the person says in words as it compares; the empty string is none."""
    match message:
        case InboundText():
            return plain(message.text)
        case InboundChoice(type="template_button"):
            return plain(message.title)
        case _:
            return ""


def wants_messages_again(person: Person, at: datetime) -> bool:
    """Say whether a person can opt in who writes so at that time.

    Of everybody who never opted out, and where they opted out later than they wrote so, the words
    are words like any others.
    """
    chose = person.contact.consent_at
    return person.contact.opted_out and (chose is None or chose <= at)


def opt_out(voice: Voice, flow: Flow, person: Person, at: datetime) -> list[events.Event]:
    """Return that the person wants no more messages, that we say so, and the end of the session.

    `at` is when they wrote so.
    """
    told = voice.say(statements((voice.scope(flow).text(flow.definition.opt_out.say),)))
    session = voice.session.session_id
    ended = events.SessionCancelled(
        contact_id=voice.contact_id, session_id=session, reason="opted-out"
    )
    return [*refused(person, voice.contact_id, at), *told, ended]


def opt_in(voice: Voice, flow: Flow, told: str, at: datetime) -> list[events.Event]:
    """Return that the person wants messages again, that they are `told` so, and the open question.

    `at` is when they wrote so. While a human talks the flow says nothing.
    """
    again = events.ContactOptedIn(contact_id=voice.contact_id, source="words", at=at)
    voice = voice.knowing(again)
    session = voice.session
    if session.status == "handed-off":
        return [again]
    step = flow.steps.get(session.step)
    if step is None:
        return [again, *go_on(voice, flow, flow.first, told)]
    if isinstance(step, Ask | FlowForm) and not session.files_of(step.id):
        return [again, *go_on(voice, flow, step.id, told)]
    return [again, *voice.say(statements((told,)))]  # what else is open goes on as it is


def refused(person: Person, who: ContactId, at: datetime) -> list[events.ContactOptedOut]:
    """Return that the person wants no more messages, unless that is known or they chose since."""
    chose = person.contact.consent_at
    if person.contact.opted_out or (chose is not None and chose > at):
        return []
    return [events.ContactOptedOut(contact_id=who, source="words", at=at)]
