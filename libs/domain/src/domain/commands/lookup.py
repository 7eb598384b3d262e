"""The answer of another service to a `lookup.requested` event."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel

from domain.values import ContactId, LookupId, SessionId
from domain.wire import WIRE


class Found(BaseModel):
    """What was found, as JSON."""

    model_config = WIRE
    data: dict[str, Any] = {}


class RecordLookup(BaseModel):
    """What was asked for is this, is not there, or could not be found out."""

    model_config = WIRE
    TYPE: ClassVar[str] = "lookup.record.v1"
    contact_id: ContactId
    session_id: SessionId
    lookup_id: LookupId
    outcome: Literal["found", "not-found", "failed"]
    personal: Found = Found()
