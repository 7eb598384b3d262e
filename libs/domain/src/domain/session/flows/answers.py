"""What counts as an answer to each kind of question."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias, assert_never

import re2

from domain.messages import InboundChoice, InboundMedia, InboundMessage, InboundText
from domain.session.flows.flow import (
    Ask,
    Choice,
    Date,
    Email,
    Files,
    Number,
    Pattern,
    Text,
)

# One at sign, a dot in the host, no blanks: what is deliverable only a mail can tell.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")
_MAX_EMAIL = 254
# No exponent and few digits: an answer must not be able to grow when it is written out.
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_ZERO_WIDTH_JOINER = "\u200d"
MAX_WORDS = 4096
"""Longer than WhatsApp lets anybody write (Meta, text messages)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer as the flow keeps it."""

    value: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why the message is no answer: a short code."""

    reason: str


Judgement: TypeAlias = Accepted | Rejected


def visible(text: str) -> str:
    """Return the text without control and format characters, which nobody sees or means."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(
        char
        for char in text
        if char in ("\n", _ZERO_WIDTH_JOINER) or unicodedata.category(char) not in ("Cc", "Cf")
    )
    return kept.strip().strip(_ZERO_WIDTH_JOINER).strip()


def plain(text: str) -> str:
    """Return the words as they compare: without case, extra blanks and closing punctuation."""
    return " ".join(visible(text).casefold().split()).rstrip(".!?")


@lru_cache(maxsize=4096)
def ways_to_say(*words: str) -> frozenset[str]:
    """Return the words of a flow as they compare; a person's words never come here."""
    return frozenset(plain(word) for word in words)


def button_id(step: str, option: str) -> str:
    """Return the id of a button, which tells later which question it belonged to."""
    return f"{step}:{option}"


def earlier_answer(step: Ask, tap: InboundChoice) -> tuple[str, str] | None:
    """Return step and option of a button that stood under another question, else none."""
    asked, _, option = tap.id.partition(":")
    return (asked, option) if option and asked != step.id else None


def judge(step: Ask, message: InboundMessage, at: datetime) -> Judgement:
    """Say whether the message answers the question; files are judged by `accepts_file`."""
    if isinstance(message, InboundChoice):
        return _judge_tap(step, message)
    if not isinstance(message, InboundText):
        return Rejected("not-text")
    words = visible(message.text)
    return _judge_words(step, words, at) if len(words) <= MAX_WORDS else Rejected("wrong-length")


def accepts_file(files: Files, media: InboundMedia) -> bool:
    """Say whether a file of this declared type is one of the kinds asked for."""
    kind = "pdf" if media.mime_type.split(";")[0].strip() == "application/pdf" else media.type
    return kind in files.kinds or (kind == "pdf" and "document" in files.kinds)


def _judge_tap(step: Ask, tap: InboundChoice) -> Judgement:
    for option in step.choice.options if step.choice else ():
        if tap.id == button_id(step.id, option.id):
            return Accepted(option.id)
    return Rejected("not-a-choice")


def _judge_words(step: Ask, words: str, at: datetime) -> Judgement:
    match step.kind:
        case Text() as kind:
            fits = kind.min <= len(words) <= kind.max
            return Accepted(words) if fits else Rejected("wrong-length")
        case Pattern() as kind:
            said = words.upper() if kind.upper else words
            return Accepted(said) if re2.fullmatch(kind.matches, said) else Rejected("no-match")
        case Number() as kind:
            return _number(kind, words)
        case Date() as kind:
            return _date(kind, words, at.date())
        case Email():
            fits = len(words) <= _MAX_EMAIL and bool(_EMAIL.fullmatch(words))
            return Accepted(words.lower()) if fits else Rejected("not-an-email")
        case Choice() as kind:
            return _choice(kind, words)
        case Files():
            return Rejected("not-a-file")
        case _:
            assert_never(step.kind)


def _number(kind: Number, words: str) -> Judgement:
    written = "".join(words.split()).replace(",", ".")
    if not _NUMBER.fullmatch(written):
        return Rejected("not-a-number")
    number = Decimal(written)
    low = kind.min is not None and number < Decimal(str(kind.min))
    high = kind.max is not None and number > Decimal(str(kind.max))
    return Rejected("out-of-range") if low or high else Accepted(f"{number:f}")


def _date(kind: Date, words: str, today: date) -> Judgement:
    day = _read_day(words, today)
    if day is None:
        return Rejected("not-a-date")
    earliest = today if kind.earliest == "today" else kind.earliest
    latest = today if kind.latest == "today" else kind.latest
    if (earliest and day < earliest) or (latest and day > latest):
        return Rejected("out-of-range")
    return Accepted(day.isoformat())


def _read_day(words: str, today: date) -> date | None:
    spoken = {"today": today, "yesterday": today - timedelta(days=1)}
    if words.casefold() in spoken:
        return spoken[words.casefold()]
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(words, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    return None


def _choice(kind: Choice, words: str) -> Judgement:
    said = plain(words)
    for option in kind.options:
        if said in ways_to_say(option.id, option.title, *option.words):
            return Accepted(option.id)
    return Rejected("not-a-choice")
