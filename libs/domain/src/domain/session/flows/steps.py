"""The steps of a conversation: say, ask, branch, set, call, look up, wait, hand off, complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from domain.session.flows.questions import (
    FORM,
    Choice,
    ContactCard,
    Date,
    Email,
    Files,
    Formula,
    Kind,
    Location,
    Number,
    Pattern,
    Phone,
    StepId,
    Text,
    Time,
)
from domain.session.flows.wording import Wording

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _span(written: Any) -> Any:
    if isinstance(written, str) and written[:-1].isdigit() and written[-1:] in _UNITS:
        return timedelta(**{_UNITS[written[-1]]: int(written[:-1])})
    return written


Span: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_span, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+[smhd]$")]),
    Field(ge=timedelta(seconds=1), le=timedelta(days=3650)),
]
"""A length of time, as in `90s`, `10m`, `2h` or `7d`."""


class Timeout(BaseModel):
    """Where to go when nobody answers."""

    model_config = FORM
    after: Span
    to: StepId


class Reminder(BaseModel):
    """What a silent person is told while the question stays open."""

    model_config = FORM
    after: Span
    say: Wording
    """The question follows in the same message."""
    times: int = Field(default=1, ge=1, le=10)


class Ask(BaseModel):
    """A question that waits for the person. Exactly one kind of answer."""

    model_config = FORM
    id: StepId
    ask: Wording
    text: Text | None = None
    pattern: Pattern | None = None
    number: Number | None = None
    date: Date | None = None
    time: Time | None = None
    phone: Phone | None = None
    email: Email | None = None
    choice: Choice | None = None
    location: Location | None = None
    contact: ContactCard | None = None
    files: Files | None = None
    wrong: Wording | None = None
    """What the person reads after an answer that does not fit."""
    retries: int | None = Field(default=None, ge=0)
    """Wrong answers that are forgiven; without a number the question is asked for ever."""
    otherwise: StepId | None = None
    """Where to go after too many wrong answers."""
    timeout: Timeout | None = None
    reminder: Reminder | None = None
    late: Literal["point-out", "go-back", "ignore"] = "point-out"
    """What happens when a button of this question is tapped while another one is open: the person
    is told so, or the answer counts and the flow goes on from here, or nothing."""
    personal: bool = False
    """Mask the answer where people look on: in logs, exports and transcripts."""
    next: StepId | None = None

    @cached_property
    def kind(self) -> Kind:
        """The kind of answer that is asked for."""
        return self._kinds()[0]

    def _kinds(self) -> list[Kind]:
        kinds = (
            self.text,
            self.pattern,
            self.number,
            self.date,
            self.time,
            self.phone,
            self.email,
            self.choice,
            self.location,
            self.contact,
            self.files,
        )
        return [kind for kind in kinds if kind is not None]

    @model_validator(mode="after")
    def _one_kind(self) -> Ask:
        if len(self._kinds()) != 1:
            raise ValueError(
                "name exactly one of text, pattern, number, date, time, phone, email, choice, "
                "location, contact and files"
            )
        if (self.retries is None) != (self.otherwise is None):
            raise ValueError("retries and otherwise go together")
        return self


class Media(BaseModel):
    """A file of the business, by a public link or by an id that WhatsApp gave."""

    model_config = FORM
    type: Literal["image", "video", "audio", "document", "sticker"]
    link: str | None = None
    id: str | None = None
    file_name: str | None = None

    @model_validator(mode="after")
    def _from_somewhere(self) -> Media:
        if (self.link is None) == (self.id is None):
            raise ValueError("name either link or id")
        return self


class Place(BaseModel):
    """A place on the map, in degrees."""

    model_config = FORM
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = None
    address: str | None = None


class Link(BaseModel):
    """A button that opens a page."""

    model_config = FORM
    title: Wording
    """At most 20 letters."""
    url: str


class Say(BaseModel):
    """Words that wait for nothing; they go out together with what follows.

    With a file, a place or a link they are a message of their own.
    """

    model_config = FORM
    id: StepId
    say: Wording
    media: Media | None = None
    place: Place | None = None
    link: Link | None = None
    next: StepId | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Say:
        if sum(one is not None for one in (self.media, self.place, self.link)) > 1:
            raise ValueError("name at most one of media, place and link")
        return self


class Case(BaseModel):
    """Where to go when an expression is true, or an earlier answer is one of these."""

    model_config = FORM
    when: Formula | None = None
    answer: StepId | None = None
    one_of: tuple[str, ...] = Field(default=(), alias="is")
    to: StepId

    @model_validator(mode="before")
    @classmethod
    def _one_value_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("is"), str):
            return {**data, "is": [data["is"]]}
        return data

    @model_validator(mode="after")
    def _one_condition(self) -> Case:
        if (self.when is None) == (self.answer is None) or bool(self.answer) != bool(self.one_of):
            raise ValueError("name either when, or answer and is")
        return self


class Branch(BaseModel):
    """The first case that fits decides where to go."""

    model_config = FORM
    id: StepId
    branch: tuple[Case, ...] = Field(min_length=1)
    otherwise: StepId


class Set(BaseModel):
    """Work out values and remember them, in this order."""

    model_config = FORM
    id: StepId
    set: Mapping[StepId, Formula] = Field(min_length=1)
    next: StepId | None = None


class Calling(BaseModel):
    """Which flow is called, with what."""

    model_config = FORM
    flow: str
    given: Mapping[StepId, Formula] = Field(default={}, alias="with")
    """Values for the variables that the called flow's `triggers` name."""


class Call(BaseModel):
    """Go through another flow and come back.

    What it asked and set is known by `step.name` afterwards, its outcome by `step.outcome`.
    """

    model_config = FORM
    id: StepId
    call: Calling
    next: StepId | None = None


class Lease(BaseModel):
    """How long a human may keep the session before the bot takes it back."""

    model_config = FORM
    after: Span
    to: StepId | None = None
    """Where the bot goes on; else at the step's `next`."""


class Handing(BaseModel):
    """To whom a session is handed, and what the person is told."""

    model_config = FORM
    team: str | None = None
    say: Wording | None = None
    note: str | None = None
    """What the colleague should know; may name answers."""
    lease: Lease | None = None


class HandOff(BaseModel):
    """The bot falls silent; given back, the session goes on at `next`."""

    model_config = FORM
    id: StepId
    hand_off: Handing
    next: StepId | None = None


class Template(BaseModel):
    """A template that WhatsApp approved before.

    Each parameter is a text that may name answers, as in `{{ full_name }}`.
    """

    model_config = FORM
    name: str
    language: str
    category: Literal["marketing", "utility", "authentication"] | None = None
    header: str | None = None
    body: tuple[str, ...] | dict[str, str] = ()
    """In the template's order, or by the names that it gives its variables."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every parameter as it is written."""
        body = self.body.values() if isinstance(self.body, dict) else self.body
        return (*body, *((self.header,) if self.header is not None else ()))


class SendTemplate(BaseModel):
    """Send a template, also where the 24-hour window is closed."""

    model_config = FORM
    id: StepId
    template: Template
    next: StepId | None = None


class Form(BaseModel):
    """A form that the business published as a WhatsApp Flow."""

    model_config = FORM
    flow: str
    """Its id or its name at WhatsApp."""
    by: Literal["id", "name"] = "id"
    ask: Wording
    button: Wording
    """At most 20 letters, no emoji."""
    screen: str | None = None
    """The first screen; none where an endpoint decides."""
    data: Mapping[str, Formula] = {}
    """What the first screen is given."""


class FlowForm(BaseModel):
    """A form to fill in; its fields are known by `step.field` afterwards."""

    model_config = FORM
    id: StepId
    flow_form: Form
    timeout: Timeout | None = None
    reminder: Reminder | None = None
    personal: bool = False
    next: StepId | None = None


class Looking(BaseModel):
    """What another service is asked, over Kafka."""

    model_config = FORM
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    query: Mapping[str, Formula] = {}
    timeout: Span = timedelta(seconds=30)


class Lookup(BaseModel):
    """Ask another service and wait for it; what it found is known by `step.field` afterwards."""

    model_config = FORM
    id: StepId
    lookup: Looking
    not_found: StepId
    failed: StepId
    """Where to go when the service could not find it out, or did not answer in time."""
    busy: Wording | None = None
    """What the person is told who writes meanwhile."""
    next: StepId | None = None


class Waiting(BaseModel):
    """For how long, until when, or for all that the person has to say."""

    model_config = FORM
    span: Span | None = Field(default=None, alias="for")
    until: Formula | None = None
    """A timestamp; one that has passed is not waited for."""
    collect: Span | None = None
    """Everything that the person writes within this time from their first message."""
    most: int = Field(default=20, ge=1, le=100)
    """Messages after which collecting ends."""

    @model_validator(mode="after")
    def _one_end(self) -> Waiting:
        if sum(one is not None for one in (self.span, self.until, self.collect)) != 1:
            raise ValueError("name exactly one of for, until and collect")
        return self


class Wait(BaseModel):
    """Wait; what was collected is the answer of this step, one message a line."""

    model_config = FORM
    id: StepId
    wait: Waiting
    personal: bool = False
    next: StepId | None = None


class Ending(BaseModel):
    """How a session ends."""

    model_config = FORM
    outcome: StepId
    say: Wording | None = None
    data: Mapping[str, Formula] = {}
    """What other systems, such as the CRM, are told."""


class Complete(BaseModel):
    """The end of the conversation, or of a called flow."""

    model_config = FORM
    id: StepId
    complete: Ending


KINDS = (
    "ask",
    "say",
    "branch",
    "set",
    "call",
    "hand_off",
    "template",
    "flow_form",
    "lookup",
    "wait",
    "complete",
)


def _kind_of_step(data: Any) -> str | None:
    keys = data if isinstance(data, dict) else getattr(data, "model_fields_set", ())
    found = [key for key in KINDS if key in keys]
    return found[0] if len(found) == 1 else None


Step: TypeAlias = (
    Ask | Say | Branch | Set | Call | HandOff | SendTemplate | FlowForm | Lookup | Wait | Complete
)

AnyStep: TypeAlias = Annotated[
    Annotated[Ask, Tag("ask")]
    | Annotated[Say, Tag("say")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Set, Tag("set")]
    | Annotated[Call, Tag("call")]
    | Annotated[HandOff, Tag("hand_off")]
    | Annotated[SendTemplate, Tag("template")]
    | Annotated[FlowForm, Tag("flow_form")]
    | Annotated[Lookup, Tag("lookup")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Complete, Tag("complete")],
    Discriminator(
        _kind_of_step,
        custom_error_type="kind_of_step",
        custom_error_message=f"a step has exactly one of {', '.join(KINDS[:-1])} and {KINDS[-1]}",
    ),
]
