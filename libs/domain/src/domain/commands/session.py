"""Commands about a session as a whole: from operators, other systems and timers."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator

from domain.messages import OutboundMessage, OutboundTemplate
from domain.values import ContactId, SessionId, TimerId, TimerKind
from domain.wire import WIRE


class Addressee(BaseModel):
    """Whom the business wants to talk to."""

    model_config = WIRE
    to: Annotated[str, AfterValidator(lambda to: to.removeprefix("+"))]
    """The phone number, digits only (`wa_id`): with the `+` it would be somebody else's name."""
    variables: dict[str, Any] | None = None
    """Values for the variables that the flow's trigger names, as JSON."""


class InitiateSession(BaseModel):
    """Begin a conversation without waiting for the person to write."""

    model_config = WIRE
    TYPE: ClassVar[str] = "session.initiate.v1"
    phone_number_id: str
    flow: str
    language: str | None = None
    """In which the person is spoken to from now on, where they have chosen none."""
    personal: Addressee


class HandOffNote(BaseModel):
    """What one colleague tells the other about the person; who it is, if no id is known."""

    model_config = WIRE
    note: str | None = None
    from_: str | None = Field(default=None, alias="from")
    """The person's phone number (`wa_id`)."""
    user_id: str | None = None
    parent_user_id: str | None = None
    wamid: str | None = None
    """The message by which the human took over."""


class HandOffSession(BaseModel):
    """Make the bot silent and let a human talk: in a session, or with a person.

    An operator names the session. Who saw a colleague answer a person from the phone app names the
    number and the person, who may be in no session and be unknown.
    """

    model_config = WIRE
    TYPE: ClassVar[str] = "session.hand-off.v1"
    contact_id: ContactId | None = None
    session_id: SessionId | None = None
    phone_number_id: str | None = None
    source: Literal["operator", "echo"] | None = None
    at: AwareDatetime | None = None
    """When the human wrote, where that is known: what is older than a release undoes no release."""
    team: str | None = None
    personal: HandOffNote = HandOffNote()

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        by_id = self.contact_id is not None and self.session_id is not None
        by_name = self.phone_number_id is not None and any(
            (self.personal.from_, self.personal.user_id, self.personal.parent_user_id)
        )
        if by_id == by_name:
            raise ValueError("either contact and session, or number and person")
        return self


class HumanReply(BaseModel):
    """What the human writes to the person."""

    model_config = WIRE
    message: OutboundMessage
    quotes: str | None = None
    """The wamid of the person's message that this one answers."""
    fallback: OutboundTemplate | None = None
    """The template that goes out instead where the 24-hour window is closed; else nothing does."""


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
