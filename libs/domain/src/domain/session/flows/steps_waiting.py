"""Steps that wait for somebody: a question, a form, a service, a moment, a colleague."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, model_validator

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
    Worth,
)
from domain.session.flows.wording import Wording

_SPAN = re.compile(r"[0-9]{1,9}[smhd]")
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(days=3650)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _span(written: Any) -> timedelta:
    if isinstance(written, timedelta):
        return written
    if isinstance(written, str) and _SPAN.fullmatch(written):
        span = timedelta(**{_UNITS[written[-1]]: int(written[:-1])})
        if not _SHORTEST <= span <= _LONGEST:
            raise ValueError("is a length of time from 1s to 3650d")
        return span
    raise ValueError("is a length of time: a number and s, m, h or d, as in 90s, 10m, 2h or 7d")


Span: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_span, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+[smhd]$")]),
    Field(ge=_SHORTEST, le=_LONGEST),
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
    """Of silence; the next reminder comes as long after this one."""
    say: Wording
    """The question follows in the same message."""
    times: int = Field(default=1, ge=1, le=10)


_KINDS = (
    *("text", "pattern", "number", "date", "time", "phone", "email", "choice", "location"),
    *("contact", "files"),
)


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
    """Wrong answers that are forgiven, and as many again if `otherwise` leads back to the question;
    without a number it is asked for ever."""
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

    def _is_empty(self, kind: str) -> bool:
        is_written = kind in self.model_fields_set and getattr(self, kind) is None
        return is_written and not self._kinds()

    @model_validator(mode="after")
    def _one_kind(self) -> Ask:
        if empty := next((one for one in _KINDS if self._is_empty(one)), None):
            raise ValueError(f"{empty} is empty: write `{empty}: {{}}`, or what it needs")
        if len(self._kinds()) != 1:
            raise ValueError(
                "name exactly one of text, pattern, number, date, time, phone, email, choice, "
                "location, contact and files"
            )
        if (self.retries is None) != (self.otherwise is None):
            raise ValueError("retries and otherwise go together")
        return self


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
    data: Mapping[str, Worth] = {}
    """What the first screen is given."""

    @model_validator(mode="after")
    def _data_for_a_screen(self) -> Form:
        if self.data and self.screen is None:
            raise ValueError("name the screen that the data is for")
        return self


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
    query: Mapping[str, Worth] = {}
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
    heard: StepId | None = None
    """Where to go when the person writes meanwhile; else their message is only kept."""

    @model_validator(mode="after")
    def _one_end(self) -> Waiting:
        if sum(one is not None for one in (self.span, self.until, self.collect)) != 1:
            raise ValueError("name exactly one of for, until and collect")
        if self.collect is not None and self.heard is not None:
            raise ValueError("collect hears what the person writes: heard goes with for and until")
        return self


class Wait(BaseModel):
    """Wait; what was collected is the answer of this step, one message a line.

    A session in which the flow goes on by itself a hundred times without a word from anybody ends.
    """

    model_config = FORM
    id: StepId
    wait: Waiting
    personal: bool = False
    next: StepId | None = None
