"""Steps that wait for nobody: say, branch, set, call, send a template, complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from domain.session.flows.questions import (
    FORM,
    Formula,
    StepId,
    Worth,
)
from domain.session.flows.wording import Wording


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
        if isinstance(data, dict) and not isinstance(data.get("is", []), list | tuple):
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
    set: Mapping[StepId, Worth] = Field(min_length=1)
    next: StepId | None = None


class Calling(BaseModel):
    """Which flow is called, with what."""

    model_config = FORM
    flow: str
    given: Mapping[StepId, Worth] = Field(default={}, alias="with")
    """Values for the variables that the called flow's `triggers` name."""


class Call(BaseModel):
    """Go through another flow and come back.

    What it asked and set is known by `step.name` afterwards, its outcome by `step.outcome`. What
    holds at any step, such as `wrong`, `agent`, `back` and `template`, is that of the flow that
    calls: one that is only ever called needs none.
    """

    model_config = FORM
    id: StepId
    call: Calling
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


class Ending(BaseModel):
    """How a session ends."""

    model_config = FORM
    outcome: StepId
    say: Wording | None = None
    data: Mapping[str, Worth] = {}
    """What other systems, such as the CRM, are told."""


class Complete(BaseModel):
    """The end of the conversation, or of a called flow."""

    model_config = FORM
    id: StepId
    complete: Ending
