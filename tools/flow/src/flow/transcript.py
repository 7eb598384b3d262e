"""Conversations as they should go, as an author writes them: `flows/NAME.test.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, model_validator

from domain.messages import Referral
from domain.session.flows.questions import FORM
from domain.session.flows.steps_waiting import Span
from domain.session.flows.wording import Language


def _one_is_a_list_of_one(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


OneOrMore: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_is_a_list_of_one, json_schema_input_type=str | list[str]),
]


Yes: TypeAlias = Annotated[
    Literal[True],
    BeforeValidator(
        lambda written: True if written == "true" else written,
        json_schema_input_type=Literal[True],
    ),
]


class Somebody(BaseModel):
    """Who talks to us."""

    model_config = FORM
    name: str = "Ana"
    language: Language | None = None
    """In which they want to be spoken to, where they chose one before."""
    phone: str = Field(default="15550001111", pattern=r"^[1-9][0-9]{6,14}$")
    """Digits only, the country code first."""


class Begin(BaseModel):
    """The business begins, not the person."""

    model_config = FORM
    variables: Mapping[str, Any] = {}
    language: Language | None = None


class Tap(BaseModel):
    """A button or row, by its title, of the newest message that has it."""

    model_config = FORM
    title: str
    of: str | None = None
    """The question under which it stands, where an earlier one is meant."""


class Sending(BaseModel):
    """A file that the person sends."""

    model_config = FORM
    type: Literal["image", "video", "audio", "document", "sticker"]
    mime_type: str
    file_name: str | None = None
    size: int = Field(default=1000, ge=1)
    """In bytes."""
    caption: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_by_mime_type(cls, written: Any) -> Any:
        if isinstance(written, str):
            written = {"mime_type": written}
        if isinstance(written, dict) and "type" not in written:
            kind = str(written.get("mime_type", "")).partition("/")[0]
            kinds = ("image", "video", "audio")
            return {**written, "type": kind if kind in kinds else "document"}
        return written


class Where(BaseModel):
    """A place that the person sends, in degrees."""

    model_config = FORM
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = None
    address: str | None = None


class Card(BaseModel):
    """Somebody from the person's address book."""

    model_config = FORM
    name: str
    phone: str | None = None


class TemplateButton(BaseModel):
    """A quick reply under a template that went out before."""

    model_config = FORM
    payload: str
    title: str


class CameFrom(Referral):
    """The advertisement or post from which the person came."""

    model_config = FORM


class LookupAnswer(BaseModel):
    """What the other service says to what was asked last."""

    model_config = FORM
    name: str | None = None
    """What has to have been looked for."""
    found: dict[str, Any] | None = None
    not_found: Yes | None = None
    failed: Yes | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> LookupAnswer:
        if sum(one is not None for one in (self.found, self.not_found, self.failed)) != 1:
            raise ValueError("name exactly one of found, not_found and failed")
        return self


class Rejection(BaseModel):
    """The last file is not kept."""

    model_config = FORM
    rejected: str = "wrong-type"
    """The reason, such as `wrong-type`, `too-large` or `media-expired`."""


class Asked(BaseModel):
    """What another service is asked."""

    model_config = FORM
    lookup: str
    query: dict[str, Any] | None = None


ACTS = (
    "they",
    "tap",
    "send",
    "location",
    "card",
    "template_button",
    "after",
    "lookup",
    "file",
    "release",
    "status",
)
"""What a turn begins with, beside `form` with fields."""


def _file_outcome(written: Any) -> Any:
    return {} if written == "rejected" else written


class Turn(BaseModel):
    """What the person does, or what else happens, and what we answer.

    `we`, `buttons` and `rows` that are left out mean: nothing said, none. The other expectations
    are looked at where they are named.
    """

    model_config = FORM
    they: str | None = None
    """Their words."""
    referral: CameFrom | None = None
    """Beside the words."""
    tap: (
        Annotated[
            Tap,
            BeforeValidator(
                lambda one: {"title": one} if isinstance(one, str) else one,
                json_schema_input_type=str | Tap,
            ),
        ]
        | None
    ) = None
    send: (
        Annotated[Sending, BeforeValidator(lambda one: one, json_schema_input_type=str | Sending)]
        | None
    ) = None
    """A file: its MIME type, or more."""
    location: Where | None = None
    card: Card | None = None
    form: dict[str, Any] | str | None = None
    """With fields: the person fills in the last form. With words: our form has this button."""
    template_button: TemplateButton | None = None
    after: Span | None = None
    """Time passes; what is due happens in its order."""
    lookup: LookupAnswer | None = None
    file: (
        Literal["stored"]
        | Annotated[
            Rejection,
            BeforeValidator(_file_outcome, json_schema_input_type=Literal["rejected"] | Rejection),
        ]
        | None
    ) = None
    """What became of the last file; without it, files are kept."""
    release: Yes | None = None
    """The human gives the session back."""
    status: Literal["sent", "delivered", "read", "failed"] | None = None
    """What WhatsApp says of our last reply."""

    we: OneOrMore = ()
    """What we say: one message, or several in order."""
    buttons: OneOrMore = ()
    """Titles of the buttons under the last message."""
    rows: OneOrMore = ()
    """Titles of the rows in the last message's list."""
    link: OneOrMore = ()
    """Titles of buttons that open a page."""
    media: OneOrMore = ()
    """Types of files that we send, such as `image`."""
    place: OneOrMore = ()
    """Places that we send, by name; without one as `latitude, longitude`."""
    template: OneOrMore = ()
    """Names of templates that we send."""
    asked: Asked | None = None
    outcome: str | None = None
    data: dict[str, Any] | None = None
    """What other systems are told at the end."""
    handed_off: str | None = None
    """The team that takes over; `nobody` where the flow names none."""
    released: Literal["lease", "human"] | None = None
    opted_out: bool | None = None
    opted_in: bool | None = None
    ended: Literal["completed", "expired", "cancelled"] | None = None
    language: Language | None = None
    """In which the person is spoken to from now on."""
    answers: dict[str, str] | None = None
    """What the flow knows after this turn, by step; those that are named."""

    @property
    def acts(self) -> tuple[str, ...]:
        """What this turn begins with."""
        named = [name for name in ACTS if getattr(self, name) is not None]
        return (*named, *(("form",) if isinstance(self.form, dict) else ()))

    @model_validator(mode="after")
    def _one_act(self) -> Turn:
        if len(self.acts) > 1:
            raise ValueError(
                f"one thing at a time: {' and '.join(self.acts)} are turns of their own"
            )
        if self.referral and self.they is None:
            raise ValueError("a referral stands beside they")
        if self.buttons and self.rows:
            raise ValueError("a message has either buttons or rows")
        return self


class Transcript(BaseModel):
    """One conversation, with a name that says what it is about."""

    model_config = FORM
    name: str
    contact: Somebody = Somebody()
    at: AwareDatetime | None = None
    """When the first turn is."""
    begin: Begin | None = None
    turns: tuple[Turn, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _somebody_begins(self) -> Transcript:
        for number, turn in enumerate(self.turns, 1):
            silent = number == 1 and self.begin is not None
            if silent and turn.acts:
                raise ValueError("with begin, the first turn says what follows; nobody acts in it")
            if not silent and not turn.acts:
                raise ValueError(f"turn {number} says nothing of what the person does")
        return self


class Transcripts(BaseModel):
    """All transcripts of a flow."""

    model_config = FORM
    flow: str
    transcripts: tuple[Transcript, ...] = Field(min_length=1)
