"""What became of replies, files and messages to the CRM, told by the services that tried."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from domain import commands, events
from domain.session.flows.asking import statements
from domain.session.flows.book import FlowBook
from domain.session.flows.rejections import said_of
from domain.session.flows.steps import Ask
from domain.session.flows.templates import filled
from domain.session.person import Occasion, Person
from domain.session.speaking import voice_to
from domain.session.state import InteractiveSession, ReplyStatus
from domain.values import ContactId, ReplyId

RANK: dict[ReplyStatus, int] = {
    "requested": 0,
    "sent": 1,
    "failed": 2,
    "delivered": 3,
    "read": 4,
    "played": 5,
}
"""A reply never goes back. WhatsApp may say `delivered` after `failed`, not the reverse."""

STATUSES: dict[str, ReplyStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "played",
    "failed": "failed",
}
"""WhatsApp's words for how far a message got (Meta, messages/status)."""

_MARKETING_STOPPED = 131050
"""The person stopped marketing messages (Meta, support/error-codes)."""

_TOO_LARGE = frozenset({"too-large", "too-many-pixels"})
"""Reasons to refuse a file of which the question itself tells."""

_Seen: TypeAlias = events.ReplyDelivered | events.ReplyRead | events.ReplyPlayed
_SEEN: Mapping[Literal["delivered", "read", "played"], type[_Seen]] = {
    "delivered": events.ReplyDelivered,
    "read": events.ReplyRead,
    "played": events.ReplyPlayed,
}

ReplyOutcome: TypeAlias = commands.RecordReplySent | commands.RecordReplyFailed
FileOutcome: TypeAlias = commands.RecordFileStored | commands.RecordFileRejected


def reply_outcome(person: Person, command: ReplyOutcome) -> list[events.Event]:
    """Record what the sender says of a reply, unless more is known already."""
    session = person.sessions.get(command.session_id)
    if session is None or session.replies.get(command.reply_id) != "requested":
        return []
    match command:
        case commands.RecordReplySent():
            return [_sent(command.contact_id, session, command.reply_id, command)]
        case commands.RecordReplyFailed():
            failed = events.ReplyFailed(
                contact_id=command.contact_id,
                session_id=command.session_id,
                reply_id=command.reply_id,
                code=command.code,
                reason=command.reason,
            )
            return [failed, *_stopped(person, command.contact_id, command.code)]
        case _:
            assert_never(command)


def delivery_status(person: Person, command: commands.RecordDeliveryStatus) -> list[events.Event]:
    """Record how far WhatsApp brought a reply, in whatever order it says so."""
    status = STATUSES.get(command.status)
    found = _find_reply(person, command)
    if status is None or found is None or person.contact_id is None:
        return []
    session, reply = found
    if RANK[status] <= RANK[session.replies[reply]]:
        return []
    who = person.contact_id
    match status:
        case "sent":
            return [_sent(who, session, reply, command)]
        case "delivered" | "read" | "played":
            return [_seen(_SEEN[status], who, session, reply, command)]
        case "failed":
            return [_refused(who, session, reply, command), *_stopped(person, who, command.code)]
        case "requested":
            return []
        case _:
            assert_never(status)


def file_outcome(
    person: Person, command: FileOutcome, occasion: Occasion, flows: FlowBook
) -> list[events.Event]:
    """Record what became of a file; ask for it again while its question is open.

    Of somebody who was erased meanwhile nothing is kept: file-manager deletes the file when it
    comes to the erasure, and a CRM that was told of it would know the person anew.
    """
    session = person.sessions.get(command.session_id)
    if session is None or session.files.get(command.file_id) != "uploaded":
        return []
    if person.contact.erased:
        return [_of_nobody(command)]
    match command:
        case commands.RecordFileStored():
            return [events.FileStored.model_validate(command.model_dump())]
        case commands.RecordFileRejected():
            rejected = events.FileRejected.model_validate(command.model_dump())
            return [rejected, *_ask_again(person, session, command, occasion, flows)]
        case _:
            assert_never(command)


def _of_nobody(command: FileOutcome) -> events.FileRejected:
    return events.FileRejected(
        contact_id=command.contact_id,
        session_id=command.session_id,
        file_id=command.file_id,
        reason="contact-erased",
    )


def crm_outcome(command: commands.RecordCrm) -> list[events.Event]:
    """Record whether the CRM was told."""
    if command.outcome == "notified":
        return [events.CrmNotified.model_validate(command.model_dump())]
    return [
        events.CrmRejected.model_validate(
            {**command.model_dump(), "reason": command.reason or "refused"}
        )
    ]


def _sent(
    who: ContactId,
    session: InteractiveSession,
    reply: ReplyId,
    command: commands.RecordReplySent | commands.RecordDeliveryStatus,
) -> events.ReplySent:
    status = command if isinstance(command, commands.RecordDeliveryStatus) else None
    return events.ReplySent(
        contact_id=who,
        session_id=session.session_id,
        reply_id=reply,
        fallback=None if isinstance(command, commands.RecordDeliveryStatus) else command.fallback,
        pricing=status.pricing if status else None,
        conversation=status.conversation if status else None,
        personal=events.SentMessage(wamid=command.personal.wamid),
    )


def _seen(
    kind: type[_Seen],
    who: ContactId,
    session: InteractiveSession,
    reply: ReplyId,
    command: commands.RecordDeliveryStatus,
) -> _Seen:
    return kind(
        contact_id=who,
        session_id=session.session_id,
        reply_id=reply,
        at=command.at,
        pricing=command.pricing,
    )


def _refused(
    who: ContactId,
    session: InteractiveSession,
    reply: ReplyId,
    command: commands.RecordDeliveryStatus,
) -> events.ReplyFailed:
    told = command.personal.errors
    return events.ReplyFailed(
        contact_id=who,
        session_id=session.session_id,
        reply_id=reply,
        code=command.code,
        reason="refused",
        personal=events.Failure(errors=told) if told else None,
    )


def _stopped(person: Person, who: ContactId, code: int | None) -> list[events.Event]:
    """Record what only the refusal of a message tells: that the person stopped them."""
    if code != _MARKETING_STOPPED or person.contact.opted_out:
        return []
    return [events.ContactOptedOut(contact_id=who, source="refused")]


def _find_reply(
    person: Person, command: commands.RecordDeliveryStatus
) -> tuple[InteractiveSession, ReplyId] | None:
    for session in person.sessions.values():
        reply = command.reply_id or session.sent_as.get(command.personal.wamid)
        if reply is not None and reply in session.replies:
            return session, reply
    return None


def _ask_again(
    person: Person,
    session: InteractiveSession,
    command: commands.RecordFileRejected,
    occasion: Occasion,
    flows: FlowBook,
) -> list[events.Event]:
    flow = flows.of_session(session.flow, session.flow_version)
    step = flow.steps.get(session.step)
    asked_here = session.file_steps.get(command.file_id) == session.step
    if session.status != "waiting" or not asked_here or not isinstance(step, Ask):
        return []
    voice = voice_to(person, command.contact_id, session, occasion)
    scope = voice.scope(flow, step.id)
    own = step.wrong if command.reason in _TOO_LARGE else None
    by_reason = flow.definition.file_rejected.get(command.reason)
    why = own or by_reason or flow.definition.file_failed or said_of(command.reason)
    told = statements((scope.text(why),))
    fallback = filled(flow.definition.template, scope)
    return [*voice.say(told, step=step.id, fallback=fallback)]
