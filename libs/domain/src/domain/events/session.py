"""What happened to a session as a whole."""

from typing import ClassVar, Literal

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


class Note(BaseModel):
    """What one colleague tells the other about the person."""

    model_config = WIRE
    note: str | None = None


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
    personal: Note = Note()


class SessionReleased(BaseModel):
    """The human gave the session back to the bot."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.released.v1"
    contact_id: ContactId
    session_id: SessionId


class Outcome(BaseModel):
    """What the person answered, by step."""

    model_config = WIRE
    answers: dict[str, str]


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
