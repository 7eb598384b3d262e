"""Commands about a session as a whole: from operators, other systems and timers."""

from typing import ClassVar

from pydantic import AwareDatetime, BaseModel

from domain.messages import OutboundMessage, OutboundTemplate
from domain.values import ContactId, SessionId, TimerId, TimerKind
from domain.wire import WIRE


class Addressee(BaseModel):
    """Whom the business wants to talk to."""

    model_config = WIRE
    to: str
    """The phone number, digits only (`wa_id`)."""


class InitiateSession(BaseModel):
    """Begin a conversation without waiting for the person to write."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.initiate.v1"
    phone_number_id: str
    flow: str
    personal: Addressee


class Note(BaseModel):
    """What one colleague tells the other about the person."""

    model_config = WIRE
    note: str | None = None


class HandOffSession(BaseModel):
    """Make the bot silent and let a human talk."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.hand-off.v1"
    contact_id: ContactId
    session_id: SessionId
    team: str | None = None
    personal: Note = Note()


class HumanReply(BaseModel):
    """What the human writes to the person."""

    model_config = WIRE
    message: OutboundMessage
    quotes: str | None = None
    """The wamid of the person's message that this one answers."""
    fallback: OutboundTemplate | None = None
    """What goes out instead where the 24-hour window is closed; else the flow's template does."""


class ReplyInSession(BaseModel):
    """Answer the person as a human, in a session that was handed off."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.reply.v1"
    contact_id: ContactId
    session_id: SessionId
    personal: HumanReply


class ReleaseSession(BaseModel):
    """Give a handed-off session back to the bot."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.release.v1"
    contact_id: ContactId
    session_id: SessionId


class CompleteSession(BaseModel):
    """End a session with an outcome, by hand."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.complete.v1"
    contact_id: ContactId
    session_id: SessionId
    outcome: str


class CancelSession(BaseModel):
    """End a session without an outcome."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.cancel.v1"
    contact_id: ContactId
    session_id: SessionId
    reason: str


class FireTimer(BaseModel):
    """A timer of the session is due; stale ones decide nothing."""

    model_config = WIRE
    TYPE: ClassVar[str] = "timer.fire.v1"
    contact_id: ContactId
    session_id: SessionId
    timer_id: TimerId
    kind: TimerKind
    due_at: AwareDatetime
