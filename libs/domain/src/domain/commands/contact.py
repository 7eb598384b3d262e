"""Commands about the person: consent, merge, erasure, and what the CRM was told."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, Field

from domain.values import CommandId, ContactId, EventId, SessionId
from domain.wire import WIRE


class Person(BaseModel):
    """Every id by which the person was named."""

    model_config = WIRE
    from_: str | None = Field(default=None, alias="from")
    user_id: str | None = None
    parent_user_id: str | None = None


class RecordConsent(BaseModel):
    """The person stopped or resumed messages from the business, or signed up for them."""

    model_config = WIRE
    TYPE: ClassVar[str] = "consent.record.v1"
    phone_number_id: str
    value: Literal["stop", "resume", "signup"]
    source: str
    at: AwareDatetime | None = None
    """When the person chose so: an older choice than the last one known changes nothing."""
    signup_id: str | None = None
    """What the person signed up for, in WhatsApp's words."""
    personal: Person


class MergeContact(BaseModel):
    """This contact turned out to be the same person as an older one, which goes on."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.merge.v1"
    contact_id: ContactId
    into: ContactId


class Names(BaseModel):
    """Names of a person as they are looked up, such as `wa:15550001111`."""

    model_config = WIRE
    names: tuple[str, ...] = ()


class AbsorbContact(BaseModel):
    """Take over what was known of a younger contact that is the same person."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.absorb.v1"
    contact_id: ContactId
    absorbed: ContactId
    phone_number_id: str
    opted_out: bool = False
    window_expires_at: AwareDatetime | None = None
    seen: tuple[CommandId, ...] = ()
    """Refused from now on, as the younger contact would have."""
    spilled_until: AwareDatetime | None = None
    """Until when the younger saw commands that `seen` had no room for."""
    personal: Names


class EraseContact(BaseModel):
    """Forget the person."""

    model_config = WIRE
    TYPE: ClassVar[str] = "contact.erase.v1"
    contact_id: ContactId


class RecordCrm(BaseModel):
    """What became of telling the CRM about one event."""

    model_config = WIRE
    TYPE: ClassVar[str] = "crm.record.v1"
    contact_id: ContactId
    session_id: SessionId | None = None
    event_id: EventId
    crm: str
    """The adapter: `webhook`, `console`, ..."""
    outcome: Literal["notified", "rejected"]
    reason: str | None = None
