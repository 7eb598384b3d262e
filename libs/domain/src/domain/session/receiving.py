"""What a person's message leads to: a new session, an answer, a hand-off, or just a record."""

from datetime import datetime
from functools import reduce
from typing import NamedTuple

from domain import commands, events
from domain.messages import (
    InboundCallPermission,
    InboundEdit,
    InboundMedia,
    InboundMessage,
    InboundReaction,
    InboundRevoke,
    InboundSystem,
    InboundText,
    InboundUnknown,
    InboundWelcomeRequest,
)
from domain.session import contact as contacts
from domain.session import state
from domain.session.aliases import PHONE, Aliases, addressed
from domain.session.beginning import came_from, defaults
from domain.session.consenting import (
    opt_in,
    opt_out,
    refused,
    wants_messages_again,
    words_of,
)
from domain.session.contact import Contact
from domain.session.files import uploaded
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask
from domain.session.going_on import go_on
from domain.session.hearing import heard_at
from domain.session.identifying import identify, unreachable
from domain.session.migrating import brought_up
from domain.session.person import Occasion, Person
from domain.session.speaking import Voice
from domain.session.state import InteractiveSession
from domain.session.wishing import wished
from domain.values import SERVICE_WINDOW, ContactId, SessionId, contact_id, session_id

QUIET = frozenset({"reaction", "system", "edit", "revoke", "ephemeral"})
"""Kinds of message that nobody expects an answer to, where they had no type of their own yet."""

_QUIET = (InboundReaction, InboundSystem, InboundEdit, InboundRevoke, InboundCallPermission)
"""The others."""


class _Said(NamedTuple):
    """What the person wrote as it compares, and when."""

    words: str
    at: datetime


def receive(
    person: Person, command: commands.ReceiveMessage, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Decide what the message leads to. It is kept in every case."""
    who = person.contact_id or contact_id(occasion.command_id)
    known = _identified(person, command, who)
    if command.personal.group_id is not None:
        return [*known, _received(command, who, None)]
    person = _as_identified(person, known, occasion)
    session = person.open_session
    if session is None and _is_quiet(command.personal.message):
        return [*known, _received(command, who, None)]
    if session is None:
        return [*known, *_begin(person, command, occasion, flows, who)]
    received = _received(command, who, session.session_id)
    if not person.contact.names:
        return [*known, received, unreachable(who, session)]
    flow, moved = brought_up(who, session, flows)
    voice = _voice(person, command, occasion, who, session).after(*moved)
    voice = _reading(flow, command, voice)
    return [*known, *moved, received, *_within(voice, flow, flows, person, command)]


def _identified(
    person: Person, command: commands.ReceiveMessage, who: ContactId
) -> list[events.ContactEvent]:
    named = addressed(command)
    if not isinstance(named, Aliases):
        return []
    name = command.personal.name
    return identify(person.contact, named, who, at=command.received_at, name=name)


def _as_identified(person: Person, known: list[events.ContactEvent], occasion: Occasion) -> Person:
    """Give a person with the names that they have now; of a newcomer the message says all."""
    if not known or person.contact_id is None:
        return person
    contact = reduce(lambda c, event: contacts.evolve(c, event, occasion.at), known, person.contact)
    return person._replace(contact=contact)


def _begin(
    person: Person,
    command: commands.ReceiveMessage,
    occasion: Occasion,
    flows: FlowBook,
    who: ContactId,
) -> list[events.Event]:
    said = words_of(command.personal.message)
    wanted = flows.wanted(command.personal, said)
    stopped = flows.stopped_by(said, wanted.flow)
    flow = stopped or wanted.flow
    begun = events.SessionInitiated(
        contact_id=who,
        session_id=session_id(occasion.command_id),
        phone_number_id=command.phone_number_id,
        flow=flow.name,
        flow_version=flow.version,
        trigger="message",
        by=wanted.by,
    )
    received = _received(command, who, begun.session_id)
    given = [*came_from(begun, command.personal.referral), *defaults(flow, begun)]
    voice = _voice(person, command, occasion, who, state.begin(begun, occasion.at))
    voice = _reading(flow, command, voice.after(*given))
    spoken = _spoken(voice, flow, said)
    voice = voice.knowing(*spoken)
    chosen = _choosing(person, voice, _Said(said, command.received_at), flow, flows)
    if chosen is None:
        chosen = _wished_at_first(voice, flow, said) or go_on(voice, flow, flow.first)
    return [begun, *given, received, *spoken, *chosen]


def _spoken(voice: Voice, flow: Flow, said: str) -> list[events.ContactLanguageChosen]:
    """Return the language of the keyword, of somebody who has chosen none."""
    language = flow.words.spoken.get(said)
    if language is None or voice.contact.language is not None:
        return []
    return [
        events.ContactLanguageChosen(contact_id=voice.contact_id, language=language, source="words")
    ]


def _wished_at_first(voice: Voice, flow: Flow, said: str) -> list[events.Event]:
    """Return what follows for who begins with a word that is none of the flow's triggers."""
    heard = flow.words.wishes.get(said)
    if heard is None or heard.wish not in ("agent", "language"):
        return []
    return wished(voice, flow, heard)


def _within(
    voice: Voice,
    flow: Flow,
    flows: FlowBook,
    person: Person,
    command: commands.ReceiveMessage,
) -> list[events.Event]:
    message, session = command.personal.message, voice.session
    said = words_of(message)
    chosen = _choosing(person, voice, _Said(said, command.received_at), flow, flows)
    if chosen is not None:
        return chosen
    if session.status == "handed-off":
        if isinstance(message, InboundMedia):
            return [uploaded(voice, session.step, command, message)]
        return []
    if _is_quiet(message) or isinstance(message, InboundWelcomeRequest):
        return []
    heard = flow.words.wishes.get(said) if isinstance(message, InboundText) else None
    if heard and not (heard.wish == "language" and _asks_for_language(flow, session.step)):
        return wished(voice, flow, heard)
    return heard_at(voice, flow, command)


def _asks_for_language(flow: Flow, step_id: str) -> bool:
    step = flow.steps.get(step_id)
    return isinstance(step, Ask) and step.choice is not None and step.choice.language


def _choosing(
    person: Person, voice: Voice, said: _Said, flow: Flow, flows: FlowBook
) -> list[events.Event] | None:
    """Return what follows where the person wants no more messages, or wants them again, else none.

    While a human talks it is for the human to confirm, and to end the session.
    """
    words, at = said
    if not words:
        return None
    if stopped := flows.stopped_by(words, flow):
        if voice.session.status == "handed-off":
            return [*refused(person, voice.contact_id, at)]
        return opt_out(voice, stopped, person, at)
    if wants_messages_again(person, at) and (back := flows.brought_back_by(words, flow)):
        return opt_in(voice, flow, voice.scope(back).text(back.definition.opt_in.say), at)
    return None


def _voice(
    person: Person,
    command: commands.ReceiveMessage,
    occasion: Occasion,
    who: ContactId,
    session: InteractiveSession,
) -> Voice:
    closes = command.received_at + SERVICE_WINDOW
    before = person.contact.window_expires_at
    contact, phone = person.contact, command.personal.from_
    is_theirs = contact.contact_id is None or (phone is not None and PHONE + phone in contact.names)
    return Voice(
        contact_id=who,
        contact=_by_name(contact, command.personal.name),
        wa_id=phone if is_theirs else contact.wa_id,
        user_id=_user_id(person, command),
        session=session,
        occasion=occasion,
        window_expires_at=max(closes, before) if before else closes,
        in_reply_to=command.message_id,
        hides_number=phone is None,
    )


def _by_name(contact: Contact, name: str | None) -> Contact:
    """Give the contact the name that the message shows: of a newcomer nothing is known yet."""
    return contact if name in (None, contact.name) else contact._replace(name=name)


def _reading(flow: Flow, command: commands.ReceiveMessage, voice: Voice) -> Voice:
    """Let the answer begin with a read receipt where the flow wants one."""
    wanted = flow.definition.read_receipts
    return voice._replace(reads=command.personal.wamid) if wanted else voice


def _user_id(person: Person, command: commands.ReceiveMessage) -> str | None:
    """Give the id to send to; what the message names is nearest, a shared one is the last."""
    named, contact = command.personal, person.contact
    own = named.user_id or contact.user_id
    return own or named.parent_user_id or contact.parent_user_id


def _received(
    command: commands.ReceiveMessage, who: ContactId, session: SessionId | None
) -> events.MessageReceived:
    sender = command.personal
    return events.MessageReceived(
        contact_id=who,
        session_id=session,
        phone_number_id=command.phone_number_id,
        message_id=command.message_id,
        received_at=command.received_at,
        kind=sender.message.type,
        in_group=True if sender.group_id is not None else None,
        personal=events.ReceivedMessage(
            wamid=sender.wamid,
            from_=sender.from_,
            user_id=sender.user_id,
            parent_user_id=sender.parent_user_id,
            username=sender.username,
            identity_key_hash=sender.identity_key_hash,
            group_id=sender.group_id,
            message=sender.message,
            context=sender.context,
            referral=sender.referral,
            errors=sender.errors,
        ),
    )


def _is_quiet(message: InboundMessage) -> bool:
    if isinstance(message, InboundUnknown):
        return message.original_type in QUIET
    return isinstance(message, _QUIET)
