"""What we know of a person on one business number, and what the CRM was told."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from domain.values import CommandId, ContactId, EventId, SessionId
from domain.wire import WIRE


class Identity(BaseModel):
    """Ids by which the person is known from now on."""

    model_config = WIRE
    from_: str | None = Field(default=None, alias="from")
    user_id: str | None = None
    parent_user_id: str | None = None
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


class Names(BaseModel):
    """Names of a person as they are looked up, such as `wa:15550001111`."""

    model_config = WIRE
    names: tuple[str, ...] = ()


class ContactAbsorbed(BaseModel):
    """A younger contact was the same person: its names are this contact's from now on."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.absorbed.v1"
    contact_id: ContactId
    absorbed: ContactId
    phone_number_id: str
    window_expires_at: datetime | None = None
    seen: tuple[CommandId, ...] = ()
    """Commands that had their effect on the younger; refused from now on."""
    spilled_until: datetime | None = None
    personal: Names


class ReleasedName(BaseModel):
    """The one name that is meant."""

    model_config = WIRE
    from_: str | None = Field(default=None, alias="from")
    user_id: str | None = None
    parent_user_id: str | None = None


class ContactNameReleased(BaseModel):
    """The person is not known by this name any more; it is not to be used for them."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.name-released.v1"
    contact_id: ContactId
    phone_number_id: str
    to: ContactId | None = None
    """Whose name it is now; absent while it is nobody's."""
    personal: ReleasedName


class ContactOptedOut(BaseModel):
    """The person wants no more messages from the business."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.opted-out.v1"
    contact_id: ContactId
    source: str
    at: datetime | None = None
    """When the person chose so, where that is known."""


class ContactOptedIn(BaseModel):
    """The person wants messages: again, or by having signed up for them."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.opted-in.v1"
    contact_id: ContactId
    source: str
    at: datetime | None = None
    """When the person chose so, where that is known."""
    signup_id: str | None = None


class ContactLanguageChosen(BaseModel):
    """The person wants to be spoken to in this language."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.language-chosen.v1"
    contact_id: ContactId
    language: str
    """As in flows: BCP 47, such as `es` or `pt-BR`."""
    source: Literal["words", "answer", "operator"]


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
