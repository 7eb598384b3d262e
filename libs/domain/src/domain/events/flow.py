"""What a flow did between two messages: values it worked out, lookups, waits and timers."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from domain.values import ContactId, LookupId, MessageId, SessionId
from domain.wire import WIRE


class Values(BaseModel):
    """Values by the name under which the flow's expressions know them: JSON."""

    model_config = WIRE
    values: dict[str, Any]


class VariablesSet(BaseModel):
    """The flow remembers these values; a name that is set again has the new one."""

    model_config = WIRE
    TYPE: ClassVar[str] = "variables.set.v1"
    contact_id: ContactId
    session_id: SessionId
    step: str | None = None
    """The step that set them; none where they came with the beginning of the session."""
    personal: Values


class Query(BaseModel):
    """What another service needs to know to find it."""

    model_config = WIRE
    query: dict[str, Any]


class LookupRequested(BaseModel):
    """Another service is asked; its answer is a `lookup.record` command with this `lookup_id`."""

    model_config = WIRE
    TYPE: ClassVar[str] = "lookup.requested.v1"
    contact_id: ContactId
    session_id: SessionId
    phone_number_id: str
    lookup_id: LookupId
    flow: str
    step: str
    name: str
    """What is looked for, such as `order-status`: whoever knows of it answers."""
    answer_by: datetime
    """Later answers decide nothing: the flow went on without."""
    personal: Query


class Found(BaseModel):
    """What was found, as JSON."""

    model_config = WIRE
    data: dict[str, Any] = {}


class LookupAnswered(BaseModel):
    """The other service answered in time."""

    model_config = WIRE
    TYPE: ClassVar[str] = "lookup.answered.v1"
    contact_id: ContactId
    session_id: SessionId
    lookup_id: LookupId
    step: str
    outcome: Literal["found", "not-found", "failed"]
    personal: Found = Found()


class WaitBegun(BaseModel):
    """The flow waits for a moment, or for all that the person has to say."""

    model_config = WIRE
    TYPE: ClassVar[str] = "wait.begun.v1"
    contact_id: ContactId
    session_id: SessionId
    step: str
    until: datetime | None = None
    """None while it is not known: a collecting wait begins with the person's first message."""


class WaitEnded(BaseModel):
    """The moment came, or everything was said."""

    model_config = WIRE
    TYPE: ClassVar[str] = "wait.ended.v1"
    contact_id: ContactId
    session_id: SessionId
    step: str


class Part(BaseModel):
    """One of several messages that together are the answer."""

    model_config = WIRE
    value: str


class MessageCollected(BaseModel):
    """The message is a part of what the person has to say; more may come."""

    model_config = WIRE
    TYPE: ClassVar[str] = "message.collected.v1"
    contact_id: ContactId
    session_id: SessionId
    message_id: MessageId
    step: str
    until: datetime
    """When collecting ends."""
    is_personal: bool | None = None
    """As of the answer of which it is a part."""
    personal: Part


class QuestionReminded(BaseModel):
    """The person stayed silent and is reminded of the open question."""

    model_config = WIRE
    TYPE: ClassVar[str] = "question.reminded.v1"
    contact_id: ContactId
    session_id: SessionId
    step: str
    number: int
    """Which reminder of this question it is, from 1."""


class StepTimedOut(BaseModel):
    """Nobody answered this step in time: not the person, or not the service that was asked."""

    model_config = WIRE
    TYPE: ClassVar[str] = "step.timed-out.v1"
    contact_id: ContactId
    session_id: SessionId
    step: str
