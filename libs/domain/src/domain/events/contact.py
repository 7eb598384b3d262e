"""What we know of a person on one business number, and what the CRM was told."""

from typing import ClassVar

from pydantic import BaseModel, Field

from domain.values import ContactId, EventId, SessionId
from domain.wire import WIRE


class Identity(BaseModel):
    """Ids by which the person is known from now on."""

    model_config = WIRE
    from_: str | None = Field(default=None, alias="from")
    user_id: str | None = None
    name: str | None = None


class ContactIdentified(BaseModel):
    """A person is known by these ids: the first time, or one more."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.identified.v1"
    contact_id: ContactId
    phone_number_id: str
    personal: Identity


class ContactMerged(BaseModel):
    """This contact is the same person as an older one, which goes on."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.merged.v1"
    contact_id: ContactId
    into: ContactId


class ContactOptedOut(BaseModel):
    """The person wants no more messages from the business."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.opted-out.v1"
    contact_id: ContactId
    source: str


class ContactOptedIn(BaseModel):
    """The person wants messages again."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.opted-in.v1"
    contact_id: ContactId
    source: str


class ContactErased(BaseModel):
    """The person is to be forgotten everywhere."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.erased.v1"
    contact_id: ContactId


class CrmNotified(BaseModel):
    """The CRM knows of this event."""

    model_config = WIRE
    TYPE: ClassVar[str] = "crm.notified.v1"
    contact_id: ContactId
    session_id: SessionId | None = None
    event_id: EventId
    crm: str


class CrmRejected(BaseModel):
    """The CRM refused this event; a person must look."""

    model_config = WIRE
    TYPE: ClassVar[str] = "crm.rejected.v1"
    contact_id: ContactId
    session_id: SessionId | None = None
    event_id: EventId
    crm: str
    reason: str
