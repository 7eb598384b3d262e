"""A conversation as data: steps that say, ask, branch, hand off or complete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

FORM = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
"""A flow is written by hand: an unknown key is a mistake, not the future."""

MAX_BUTTONS = 3
"""More choices than this become a list (Meta, interactive)."""

PLACEHOLDER = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
"""An earlier answer within a text, as in `{{ full_name }}`."""

StepId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Text(BaseModel):
    """Any words, of bounded length."""

    model_config = FORM
    min: int = Field(default=1, ge=1)
    max: int = Field(default=1000, ge=1, le=4096)


class Pattern(BaseModel):
    """Words of a certain shape, matched whole by RE2."""

    model_config = FORM
    matches: str
    upper: bool = False
    """Turn the words to upper case first."""


class Number(BaseModel):
    """A number, within bounds that are themselves allowed."""

    model_config = FORM
    min: float | None = None
    max: float | None = None


class Date(BaseModel):
    """A calendar day. `today` is the day of the command, in UTC."""

    model_config = FORM
    earliest: date | Literal["today"] | None = None
    latest: date | Literal["today"] | None = None


class Email(BaseModel):
    """An e-mail address."""

    model_config = FORM


class Option(BaseModel):
    """One choice: tapped, or typed by its title or one of its words."""

    model_config = FORM
    id: StepId
    title: str = Field(min_length=1, max_length=24)
    description: str | None = Field(default=None, max_length=72)
    words: tuple[str, ...] = ()


class Choice(BaseModel):
    """One of several: reply buttons up to three, a list beyond."""

    model_config = FORM
    options: tuple[Option, ...] = Field(min_length=1, max_length=10)
    button: str = Field(default="Choose", min_length=1, max_length=20)
    """The text on the button that opens the list."""


class Files(BaseModel):
    """One or more files of the kinds named."""

    model_config = FORM
    kinds: tuple[Literal["image", "pdf", "document", "video", "audio"], ...] = Field(min_length=1)
    min: int = Field(default=1, ge=1)
    max: int = Field(default=1, ge=1, le=10)
    more: str = "Thank you. Send another one, or tap Done."
    done: str = Field(default="Done", max_length=20)


class Ask(BaseModel):
    """A question that waits for the person. Exactly one kind of answer."""

    model_config = FORM
    id: StepId
    ask: str = Field(min_length=1)
    text: Text | None = None
    pattern: Pattern | None = None
    number: Number | None = None
    date: Date | None = None
    email: Email | None = None
    choice: Choice | None = None
    files: Files | None = None
    wrong: str | None = None
    """What the person reads after an answer that does not fit."""
    retries: int | None = Field(default=None, ge=0)
    """Wrong answers that are forgiven; without a number the question is asked for ever."""
    otherwise: StepId | None = None
    """Where to go after too many wrong answers."""
    next: StepId | None = None

    @property
    def kind(self) -> Text | Pattern | Number | Date | Email | Choice | Files:
        """The kind of answer that is asked for."""
        return self._kinds()[0]

    def _kinds(self) -> list[Text | Pattern | Number | Date | Email | Choice | Files]:
        kinds = (
            self.text,
            self.pattern,
            self.number,
            self.date,
            self.email,
            self.choice,
            self.files,
        )
        return [kind for kind in kinds if kind is not None]

    @model_validator(mode="after")
    def _one_kind(self) -> Ask:
        if len(self._kinds()) != 1:
            raise ValueError(
                "name exactly one of text, pattern, number, date, email, choice and files"
            )
        if (self.retries is None) != (self.otherwise is None):
            raise ValueError("retries and otherwise go together")
        return self


class Say(BaseModel):
    """Words that wait for nothing; they go out together with what follows."""

    model_config = FORM
    id: StepId
    say: str = Field(min_length=1)
    next: StepId | None = None


class Case(BaseModel):
    """Where to go when an earlier answer is one of these."""

    model_config = FORM
    answer: StepId
    one_of: tuple[str, ...] = Field(alias="is", min_length=1)
    to: StepId

    @model_validator(mode="before")
    @classmethod
    def _one_value_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("is"), str):
            return {**data, "is": [data["is"]]}
        return data


class Branch(BaseModel):
    """The first case that fits decides where to go."""

    model_config = FORM
    id: StepId
    branch: tuple[Case, ...] = Field(min_length=1)
    otherwise: StepId


class Handing(BaseModel):
    """To whom a session is handed, and what the person is told."""

    model_config = FORM
    team: str | None = None
    say: str | None = None


class HandOff(BaseModel):
    """The bot falls silent; given back, the session goes on at `next`."""

    model_config = FORM
    id: StepId
    hand_off: Handing
    next: StepId | None = None


class Ending(BaseModel):
    """How a session ends."""

    model_config = FORM
    outcome: StepId
    say: str | None = None


class Complete(BaseModel):
    """The end of the conversation."""

    model_config = FORM
    id: StepId
    complete: Ending


def _kind_of_step(data: Any) -> str | None:
    keys = data if isinstance(data, dict) else getattr(data, "model_fields_set", ())
    found = [key for key in ("ask", "say", "branch", "hand_off", "complete") if key in keys]
    return found[0] if len(found) == 1 else None


Step: TypeAlias = Annotated[
    Annotated[Ask, Tag("ask")]
    | Annotated[Say, Tag("say")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[HandOff, Tag("hand_off")]
    | Annotated[Complete, Tag("complete")],
    Discriminator(
        _kind_of_step,
        custom_error_type="kind_of_step",
        custom_error_message="a step has exactly one of ask, say, branch, hand_off and complete",
    ),
]


class Triggers(BaseModel):
    """What makes this flow begin."""

    model_config = FORM
    keywords: tuple[str, ...] = ()
    default: bool = False
    """Begin when no other flow's keyword fits."""


class Agent(Handing):
    """Words that ask for a human at any point."""

    words: tuple[str, ...] = ("agent", "human")


class Template(BaseModel):
    """The approved template that goes out where the 24-hour window is closed.

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


class Consent(BaseModel):
    """Words by which a person chooses, in whichever flow they are, and what they are told."""

    model_config = FORM
    words: tuple[str, ...] = ()
    say: str

    @model_validator(mode="before")
    @classmethod
    def _words_alone_are_enough(cls, data: Any) -> Any:
        return {"words": data} if isinstance(data, list) else data


class OptOut(Consent):
    """Words by which a person wants no more messages; they end the session."""

    say: str = (
        "You get no more marketing messages from us. Write to us whenever you want to talk again."
    )


class OptIn(Consent):
    """Words by which a person who opted out wants messages again; the session goes on."""

    say: str = "You get our marketing messages again."


class Definition(BaseModel):
    """A flow as its author writes it."""

    model_config = FORM
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: str
    triggers: Triggers = Triggers()
    agent: Agent = Agent(say="A colleague will take over and answer you here.")
    opt_out: OptOut = OptOut()
    opt_in: OptIn = OptIn()
    unreadable: str = "I can't read this kind of message."
    file_failed: str = "I could not keep one of your files. Please send it again."
    unasked_file: str = "I did not ask for a file here, so I did not keep it."
    late: str = "That was an answer to an earlier question."
    wrong: str = "Sorry, that does not fit."
    expires_after_hours: int = Field(default=72, ge=1, le=87_600)
    """How long the person may stay silent before the session ends; ten years at most."""
    read_receipts: bool = False
    """Show the person's messages as read, and that we are typing, before each answer."""
    template: Template | None = None
    """What goes out instead of a reply where the 24-hour window is closed."""
    steps: tuple[Step, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Flow:
    """A definition that was checked, under the version that its content gives it."""

    version: str
    source: str
    definition: Definition
    steps: Mapping[str, Ask | Say | Branch | HandOff | Complete]
    following: Mapping[str, str]
    """Where each step leads when nothing else decides."""

    @property
    def name(self) -> str:
        """The name that stays the same over all versions."""
        return self.definition.name

    @property
    def first(self) -> str:
        """The step with which a session begins."""
        return self.definition.steps[0].id
