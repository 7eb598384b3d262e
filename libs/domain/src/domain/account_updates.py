"""News about the business account and its numbers: as they came, and typed where Meta says how.

Everything but the kind can be absent: Meta adds, renames and leaves out keys without notice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, Field

from domain.messages import InboundMessage, PlatformError
from domain.wire import WIRE


class TemplateRef(BaseModel):
    """The template that is meant."""

    model_config = WIRE
    template_id: str | None = None
    template_name: str | None = None
    language: str | None = None


class TemplateStatus(TemplateRef):
    """A template was approved, rejected, paused, ..."""

    type: Literal["template-status"] = "template-status"
    event: str | None = None
    """`APPROVED`, `REJECTED`, `PAUSED`, `DISABLED`, ..."""
    category: str | None = None
    reason: str | None = None
    recommendation: str | None = None
    disabled_on: str | None = None
    title: str | None = None
    description: str | None = None


class TemplateQuality(TemplateRef):
    """People think better or worse of a template."""

    type: Literal["template-quality"] = "template-quality"
    before: str | None = None
    now: str | None = None
    """`GREEN`, `YELLOW`, `RED` or `UNKNOWN`."""


class TemplateComponents(TemplateRef):
    """The words of a template changed."""

    type: Literal["template-components"] = "template-components"
    element: str | None = None
    title: str | None = None
    footer: str | None = None
    buttons: Sequence[Mapping[str, Any]] | None = None


class TemplateCategory(TemplateRef):
    """A template costs something else, now or soon."""

    type: Literal["template-category"] = "template-category"
    before: str | None = None
    now: str | None = None
    correct: str | None = None
    """What it will be from `at` on."""
    at: datetime | None = None


class Restriction(BaseModel):
    """What the account may not do for a while."""

    model_config = WIRE
    restriction: str | None = None
    expires_at: datetime | None = None


class AccountChanged(BaseModel):
    """Something happened to the account."""

    model_config = WIRE
    type: Literal["account"] = "account"
    event: str | None = None
    """`ACCOUNT_VIOLATION`, `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`, ..."""
    violation: str | None = None
    ban_state: str | None = None
    ban_date: str | None = None
    restrictions: Sequence[Restriction] | None = None


class AccountAlert(BaseModel):
    """Meta warns."""

    model_config = WIRE
    type: Literal["account-alert"] = "account-alert"
    entity_type: str | None = None
    entity_id: str | None = None
    severity: str | None = None
    status: str | None = None
    alert: str | None = None
    description: str | None = None


class AccountReview(BaseModel):
    """Meta has judged the account."""

    model_config = WIRE
    type: Literal["account-review"] = "account-review"
    decision: str | None = None


class Capability(BaseModel):
    """How much the business may do."""

    model_config = WIRE
    type: Literal["capability"] = "capability"
    max_daily_conversations: int | None = None
    max_phone_numbers: int | None = None


class NumberQuality(BaseModel):
    """A number may send more or less; `THROUGHPUT_UPGRADE` raises its messages a second."""

    model_config = WIRE
    type: Literal["number-quality"] = "number-quality"
    display_phone_number: str | None = None
    event: str | None = None
    current_limit: str | None = None
    old_limit: str | None = None
    max_daily_conversations: str | None = None


class NumberName(BaseModel):
    """Meta has judged the name of a number."""

    model_config = WIRE
    type: Literal["number-name"] = "number-name"
    display_phone_number: str | None = None
    decision: str | None = None
    requested_name: str | None = None
    rejection_reason: str | None = None


class Security(BaseModel):
    """Somebody touched the PIN of a number."""

    model_config = WIRE
    type: Literal["security"] = "security"
    display_phone_number: str | None = None
    event: str | None = None
    requester: str | None = None


class FlowHealth(BaseModel):
    """A form of ours changed its status or is slow."""

    model_config = WIRE
    type: Literal["flow"] = "flow"
    event: str | None = None


class Named(BaseModel):
    """Under which ids a person is meant."""

    model_config = WIRE
    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None


class Preference(BaseModel):
    """What one person wants of marketing messages; it also becomes a `consent.record`."""

    model_config = WIRE
    category: str | None = None
    value: str | None = None
    detail: str | None = None
    at: datetime | None = None
    signup_id: str | None = None
    personal: Named


class Preferences(BaseModel):
    """What people want of marketing messages."""

    model_config = WIRE
    type: Literal["preferences"] = "preferences"
    phone_number_id: str | None = None
    preferences: Sequence[Preference]


class EchoedMessage(Named):
    """To whom it went, and what."""

    wamid: str
    message: InboundMessage | None = None
    """Absent where the message cannot be read; it also stands as it came in `value`."""


class Echo(BaseModel):
    """One message of a colleague from the phone app; it also becomes a `session.hand-off`."""

    model_config = WIRE
    at: datetime | None = None
    personal: EchoedMessage


class Echoes(BaseModel):
    """What colleagues wrote from the phone app."""

    model_config = WIRE
    type: Literal["echoes"] = "echoes"
    phone_number_id: str | None = None
    echoes: Sequence[Echo]


class HistoryChunk(BaseModel):
    """A piece of the talks from before the number was ours; chunks come in any order."""

    model_config = WIRE
    phase: int | None = None
    chunk_order: int | None = None
    progress: int | None = None
    """Percent."""
    threads: int
    messages: int


class History(BaseModel):
    """Old talks. Their messages stand in `value` only: nobody is to answer them."""

    model_config = WIRE
    type: Literal["history"] = "history"
    phone_number_id: str | None = None
    chunks: Sequence[HistoryChunk] = ()
    media: int = 0
    """Files that were missing in the chunks, under `messages` of `value`."""
    errors: Sequence[PlatformError] | None = None
    """When the business declined to share them."""


class AddressBookEntry(BaseModel):
    """Somebody in the address book of the phone."""

    model_config = WIRE
    full_name: str | None = None
    first_name: str | None = None
    phone: str | None = None


class AddressBookChange(BaseModel):
    """One entry of the address book was added, edited or removed."""

    model_config = WIRE
    action: str | None = None
    at: datetime | None = None
    personal: AddressBookEntry


class AddressBook(BaseModel):
    """The address book of the phone changed."""

    model_config = WIRE
    type: Literal["address-book"] = "address-book"
    phone_number_id: str | None = None
    changes: Sequence[AddressBookChange]


class Caller(Named):
    """Who is called or calls; `call_id` may encode a number."""

    call_id: str | None = None


class Call(BaseModel):
    """One thing that happened to a call."""

    model_config = WIRE
    event: str | None = None
    """`connect`, `terminate`, ..., or how far the ringing got: `RINGING`, ..."""
    direction: str | None = None
    at: datetime | None = None
    personal: Caller


class Calls(BaseModel):
    """What happened to calls. Their states are none of messages, though the keys are the same."""

    model_config = WIRE
    type: Literal["calls"] = "calls"
    phone_number_id: str | None = None
    calls: Sequence[Call]


class Trouble(BaseModel):
    """Something went wrong that concerns no single message."""

    model_config = WIRE
    type: Literal["trouble"] = "trouble"
    phone_number_id: str | None = None
    errors: Sequence[PlatformError]


AccountUpdate: TypeAlias = Annotated[
    TemplateStatus
    | TemplateQuality
    | TemplateComponents
    | TemplateCategory
    | AccountChanged
    | AccountAlert
    | AccountReview
    | Capability
    | NumberQuality
    | NumberName
    | Security
    | FlowHealth
    | Preferences
    | Echoes
    | History
    | AddressBook
    | Calls
    | Trouble,
    Field(discriminator="type"),
]


class AccountUpdated(BaseModel):
    """One change of a webhook that is about the account: as it came, and typed beside it."""

    model_config = WIRE
    TYPE: ClassVar[str] = "account.updated.v1"
    field: str
    """Meta's name of the kind of change."""
    value: Any = None
    """As it came. It may be of any shape, and may be personal whatever stands in it."""
    update: AccountUpdate | None = None
    """The same, typed; absent where Meta documents no shape, or what came has another."""


ACCOUNT_UPDATES: Mapping[str, type[AccountUpdated]] = {AccountUpdated.TYPE: AccountUpdated}
"""What stands on the topic, by `ce_type`."""
