"""What happened to a session as a whole."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from domain.values import ContactId, SessionId
from domain.wire import WIRE


class SessionInitiated(BaseModel):
    """A conversation began and stays on this version of its flow."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.initiated.v1"
    contact_id: ContactId
    session_id: SessionId
    phone_number_id: str
    flow: str
    flow_version: str
    """Content hash of the flow."""
    trigger: Literal["message", "operator", "echo"]
    """`echo`: a colleague wrote from the phone app, so it is theirs from the beginning."""
    by: Literal["keyword", "pattern", "referral", "template-button", "default"] | None = None
    """Which trigger of the flow fitted the person's message."""


class Note(BaseModel):
    """What one colleague tells the other about the person."""

    model_config = WIRE
    note: str | None = None
    answers: dict[str, str] | None = None
    """What the person had answered by then, by step."""


class SessionHandedOff(BaseModel):
    """The bot is silent; a human talks."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.handed-off.v1"
    contact_id: ContactId
    session_id: SessionId
    phone_number_id: str
    flow: str
    step: str | None = None
    """The hand-off step of the flow, when the flow itself asked for a human."""
    team: str | None = None
    reason: Literal["asked", "flow", "operator", "echo"]
    """`echo`: a colleague answered from the phone app."""
    lease_until: datetime | None = None
    """When the bot takes the session back unless the human did so before."""
    personal: Note = Note()


class SessionReleased(BaseModel):
    """The human gave the session back to the bot, or their lease ended."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.released.v1"
    contact_id: ContactId
    session_id: SessionId
    reason: Literal["lease"] | None = None


class Outcome(BaseModel):
    """What the person answered, by step, and what the flow has to say about it."""

    model_config = WIRE
    answers: dict[str, str]
    data: dict[str, Any] | None = None
    """What the flow's last step names for other systems, as JSON."""


class SessionCompleted(BaseModel):
    """The flow came to its end, or a human ended it with an outcome."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.completed.v1"
    contact_id: ContactId
    session_id: SessionId
    phone_number_id: str
    flow: str
    outcome: str
    personal: Outcome


class SessionExpired(BaseModel):
    """Nobody said anything for too long."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.expired.v1"
    contact_id: ContactId
    session_id: SessionId


class SessionCancelled(BaseModel):
    """The session ended without an outcome."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.cancelled.v1"
    contact_id: ContactId
    session_id: SessionId
    reason: str


class SessionRestarted(BaseModel):
    """The person begins anew: what they answered in this session counts no more."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.restarted.v1"
    contact_id: ContactId
    session_id: SessionId


class SessionMigrated(BaseModel):
    """The waiting session goes on in another version of its flow."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.migrated.v1"
    contact_id: ContactId
    session_id: SessionId
    flow: str
    from_version: str
    flow_version: str
    steps: dict[str, str] = {}
    """Steps of the older version that have another name now; the others keep theirs."""


class SessionWindowClosing(BaseModel):
    """The 24-hour window is about to close, and the flow wants to say something before."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.window-closing.v1"
    contact_id: ContactId
    session_id: SessionId
    closes_at: datetime
