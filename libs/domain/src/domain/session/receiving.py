"""What a person's message leads to: a new session, an answer, a hand-off, or just a record."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

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
from domain.session.answering import answer
from domain.session.consenting import brought_back_by, opt_in, opt_out, refused, stopped_by
from domain.session.files import uploaded
from domain.session.flows.answers import plain, ways_to_say
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Ask, Flow
from domain.session.flows.reminding import reminder
from domain.session.flows.turn import statements
from domain.session.identifying import identify, unreachable
from domain.session.person import Occasion, Person
from domain.session.speaking import Voice, go_on, handed_off
from domain.session.state import InteractiveSession
from domain.values import SERVICE_WINDOW, ContactId, SessionId, contact_id, session_id

QUIET = frozenset({"reaction", "system", "edit", "revoke", "ephemeral"})
"""Kinds of message that nobody expects an answer to, where they had no type of their own yet."""

_QUIET = (InboundReaction, InboundSystem, InboundEdit, InboundRevoke, InboundCallPermission)
"""The others."""


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
    flow = flows.of_session(session.flow, session.flow_version)
    voice = _reading(flow, command, _voice(person, command, occasion, who, session))
    received = _received(command, who, session.session_id)
    if not person.contact.names:
        return [*known, received, unreachable(who, session)]
    listing = (flow, *flows.current.values())
    stopped = stopped_by(command.personal.message, listing)
    chosen = _choosing(person, voice, command, stopped, listing)
    if chosen is not None:
        return [*known, received, *chosen]
    return [*known, received, *_within(voice, flow, session, command)]


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
    message = command.personal.message
    wanted = flows.for_words(message.text if isinstance(message, InboundText) else "")
    listing = (wanted, *flows.current.values())
    stopped = stopped_by(message, listing)
    flow = stopped or wanted
    begun = events.SessionInitiated(
        contact_id=who,
        session_id=session_id(occasion.command_id),
        phone_number_id=command.phone_number_id,
        flow=flow.name,
        flow_version=flow.version,
        trigger="message",
    )
    session = state.begin(begun, occasion.at)
    voice = _reading(flow, command, _voice(person, command, occasion, who, session))
    received = _received(command, who, begun.session_id)
    chosen = _choosing(person, voice, command, stopped, listing)
    if chosen is not None:
        return [begun, received, *chosen]
    if _asks_for_human(flow, message):
        return [begun, received, *_call_human(voice, flow)]
    return [begun, received, *go_on(voice, flow, flow.first, {})]


def _within(
    voice: Voice, flow: Flow, session: InteractiveSession, command: commands.ReceiveMessage
) -> list[events.Event]:
    message = command.personal.message
    if session.status == "handed-off":
        if isinstance(message, InboundMedia):
            return [uploaded(voice, session.step, command, message)]
        return []
    if _is_quiet(message) or isinstance(message, InboundWelcomeRequest):
        return []
    if _asks_for_human(flow, message):
        return _call_human(voice, flow)
    step = flow.steps[session.step]
    if not isinstance(step, Ask):
        return []
    return answer(voice, flow, step, command)


def _choosing(
    person: Person,
    voice: Voice,
    command: commands.ReceiveMessage,
    stopped: Flow | None,
    listing: Sequence[Flow],
) -> list[events.Event] | None:
    """Return what follows where the person wants no more messages, or wants them again, else none.

    `listing` begins with the flow of the session, unless that is `stopped`. While a human talks it
    is for the human to confirm, and to end the session.
    """
    message, at = command.personal.message, command.received_at
    if stopped:
        if voice.session.status == "handed-off":
            return refused(person, voice.contact_id, at)
        return opt_out(voice, stopped, person, at)
    if back := brought_back_by(message, listing, person, at):
        return opt_in(voice, listing[0], back.definition.opt_in.say, at)
    return None


def _call_human(voice: Voice, flow: Flow) -> list[events.Event]:
    agent = flow.definition.agent
    told = statements((agent.say or "",))
    said = voice.say(told, fallback=reminder(flow, voice.session.answers))
    return [*said, handed_off(voice, reason="asked", team=agent.team)]


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
        wa_id=phone if is_theirs else contact.wa_id,
        user_id=_user_id(person, command),
        session=session,
        occasion=occasion,
        window_expires_at=max(closes, before) if before else closes,
        in_reply_to=command.message_id,
        opted_out=person.contact.opted_out,
        hides_number=phone is None,
    )


def _reading(flow: Flow, command: commands.ReceiveMessage, voice: Voice) -> Voice:
    """Let the answer begin with a read receipt where the flow wants one."""
    wanted = flow.definition.read_receipts
    return replace(voice, reads=command.personal.wamid) if wanted else voice


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


def _asks_for_human(flow: Flow, message: InboundMessage) -> bool:
    if not isinstance(message, InboundText):
        return False
    return plain(message.text) in ways_to_say(*flow.definition.agent.words)
