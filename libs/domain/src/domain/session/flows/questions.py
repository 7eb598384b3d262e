"""The kinds of answer that a question can ask for."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from domain.session.flows.wording import Wording, WordList

FORM = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
"""A flow is written by hand: an unknown key is a mistake, not the future."""

MAX_BUTTONS = 3
"""More choices than this become a list (Meta, interactive)."""

StepId: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]

Formula: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
"""An expression in CEL."""


def _worth(written: Any) -> Any:
    """Take numbers, true and false for the expressions that they are."""
    if isinstance(written, bool):
        return str(written).lower()
    return str(written) if isinstance(written, int | float) else written


Worth: TypeAlias = Annotated[
    Formula, BeforeValidator(_worth, json_schema_input_type=Formula | float | bool)
]
"""An expression in CEL, or a value that YAML has itself."""


class Text(BaseModel):
    """Any words, of bounded length."""

    model_config = FORM
    min: int = Field(default=1, ge=1)
    max: int = Field(default=1000, ge=1, le=4096)


class Pattern(BaseModel):
    """Words of a certain shape, matched whole by RE2; digits of any script count as 0 to 9."""

    model_config = FORM
    matches: str
    upper: bool = False
    """Turn the words to upper case first."""


class Number(BaseModel):
    """A number, within bounds that are themselves allowed.

    The person's language decides what a mark means: 1.500 is fifteen hundred in Spanish. Whole
    numbers up to a hundred may be in words where the flow speaks English, French, German, Italian,
    Portuguese or Spanish. It is kept with a point before decimals and nothing between thousands.
    """

    model_config = FORM
    min: float | None = Field(default=None, allow_inf_nan=False)
    max: float | None = Field(default=None, allow_inf_nan=False)
    whole: bool = False
    """Refuse what is no whole number; 1.500 is fifteen hundred in every language then."""


def _day(written: Any) -> Any:
    if written == "today" or (isinstance(written, date) and not isinstance(written, datetime)):
        return written
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError("is a day, such as 2026-11-23, or today") from None


Day: TypeAlias = Annotated[
    date | Literal["today"],
    BeforeValidator(_day, json_schema_input_type=date | Literal["today"]),
]
"""A calendar day, or the day of the command."""


class Date(BaseModel):
    """A calendar day, kept as `YYYY-MM-DD`.

    People write it in figures, with the month's name, as a day of the week, in words for today and
    the days around it, or as "in 3 days", in any language of the flow. In English, French, German,
    Italian, Portuguese and Spanish they also say "on Friday", "this Friday", "next Friday" (the
    first one after today) and "the 24th" (the next one that the bounds leave, else the last one).
    Where words can mean several days, the bounds decide, and what they leave open is refused.
    `today` is the day of the command in the flow's time zone.
    """

    model_config = FORM
    earliest: Day | None = None
    latest: Day | None = None


_MINUTES_OF_A_DAY = 24 * 60


def _clock_time(written: Any) -> Any:
    """Take 17:00 for what it looks like: to YAML it is the number 1020, base sixty."""
    if isinstance(written, int) and 0 <= written < _MINUTES_OF_A_DAY:
        return time(written // 60, written % 60)
    try:
        return written if isinstance(written, time) else time.fromisoformat(written)
    except (TypeError, ValueError):
        raise ValueError("is a time of day, such as 09:30 or 17:00") from None


ClockTime: TypeAlias = Annotated[
    time,
    BeforeValidator(
        _clock_time, json_schema_input_type=Annotated[str, Field(pattern=r"^\d\d:\d\d$")]
    ),
]
"""A time of day, as in `09:30`."""


class Time(BaseModel):
    """A time of day, kept as `HH:MM`.

    People write it in figures, with the part of the day beside, in any language of the flow; in
    English, French, German, Italian, Portuguese and Spanish also in words: "half past eight",
    "halb neun", "las 9 y media". What can be a span ("9 to 10") is refused. "3" is 15:00 where only
    that is within the bounds. Where `earliest` is after `latest`, the time is of a night.
    """

    model_config = FORM
    earliest: ClockTime | None = None
    latest: ClockTime | None = None


class Phone(BaseModel):
    """A phone number, kept as `+` and digits (E.164). A card with a number is an answer, too."""

    model_config = FORM
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """Of numbers without country code (ISO 3166-1), else that of the person's own number."""


class Email(BaseModel):
    """An e-mail address."""

    model_config = FORM


class Option(BaseModel):
    """One choice: tapped, or typed by its title, its id or one of its words, in any language.

    Capitals and closing punctuation do not matter, nor accents and emoji where nothing else fits.
    """

    model_config = FORM
    id: StepId
    title: Wording
    """At most 20 letters on a button, 24 in a list."""
    description: Wording | None = None
    """At most 72 letters, in a list only."""
    words: WordList = {}


class Each(BaseModel):
    """Options that the flow finds out: one for each item of a list."""

    model_config = FORM
    of: Formula
    """The list; of more than ten items the first ten are offered."""
    id: Formula = "item.id"
    """What is kept as the answer: at most 100 letters."""
    title: Formula = "item.title"
    description: Formula | None = None


class Choice(BaseModel):
    """One of several: reply buttons up to three, a list beyond."""

    model_config = FORM
    options: tuple[Option, ...] = Field(default=(), max_length=10)
    each: Each | None = None
    """Instead of, or before, the options that are written down."""
    button: Wording = Field(default={"": "Choose"})
    """The text on the button that opens the list, at most 20 letters."""
    language: bool = False
    """The options' ids are languages, and the answer is the person's from now on."""

    @model_validator(mode="after")
    def _something_to_choose(self) -> Choice:
        if not self.options and self.each is None:
            raise ValueError("name at least one option, or each")
        return self


class Location(BaseModel):
    """A place on the map, asked for with a button that sends the person's own.

    Latitude and longitude can be typed as well, as in `41.4, 2.17`, and are what is kept; `name`
    and `address` are known beside them where WhatsApp sends them.
    """

    model_config = FORM


class ContactCard(BaseModel):
    """Somebody from the person's address book; kept are the name and the first phone number.

    Both can be typed as well, as in `Ben, +34 612 345 678`.
    """

    model_config = FORM


_DAYS = re.compile(r"[1-9][0-9]{0,3}d")


def _days(written: Any) -> Any:
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    if isinstance(written, str) and _DAYS.fullmatch(written):
        return int(written[:-1])
    raise ValueError("is a number of days, such as 90d")


Days: TypeAlias = Annotated[
    int,
    BeforeValidator(
        _days, json_schema_input_type=Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}d$")]
    ),
    Field(ge=1, le=9999),
]
"""A number of days, as in `90d`."""


class Files(BaseModel):
    """One or more files of the kinds named; a photo that is sent as a document is an image."""

    model_config = FORM
    kinds: tuple[Literal["image", "pdf", "document", "video", "audio"], ...] = Field(min_length=1)
    min: int = Field(default=1, ge=1)
    max: int = Field(default=1, ge=1, le=10)
    max_mb: float | None = Field(default=None, gt=0, le=100)
    """A larger file is asked for again; WhatsApp itself takes at most 100 MB."""
    max_pixels: int | None = Field(default=None, ge=1, le=50_000_000)
    """Width by height; a picture with more, or one that cannot be read, is asked for again."""
    strip_location: bool = False
    """Keep JPEG, PNG and WebP pictures without the place where they were taken."""
    keep: Days | None = None
    """Delete each file so long after it came; without it, it stays."""
    more: Wording = Field(default={"": "Thank you. Send another one, or tap Done."})
    done: Wording = Field(default={"": "Done"})
    needed: Wording = Field(default={"": "Thank you. Please send another one."})
    """Said instead of `more`, without the button, while there are fewer than `min`."""


Kind: TypeAlias = (
    Text | Pattern | Number | Date | Time | Phone | Email | Choice | Location | ContactCard | Files
)
