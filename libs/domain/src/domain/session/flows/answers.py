"""What counts as an answer to each kind of question."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, assert_never
from zoneinfo import ZoneInfo

import re2

from domain.messages import (
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundText,
)
from domain.session.flows import places
from domain.session.flows.clock import read_times
from domain.session.flows.days import read_day
from domain.session.flows.lettering import folded, in_latin_digits
from domain.session.flows.numerals import read_number
from domain.session.flows.phones import country_of, phone_on, read_phone
from domain.session.flows.questions import (
    Choice,
    ContactCard,
    Date,
    Email,
    Files,
    Location,
    Number,
    Pattern,
    Phone,
    Text,
    Time,
)
from domain.session.flows.steps import Ask
from domain.session.flows.wording import every_word

# One at sign, a dot in the host, no blanks: what is deliverable only a mail can tell.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MAX_EMAIL = 254
_FIGURES = 100
"""Longer words are no number, day, time or phone number in any language."""
_ZERO_WIDTH_JOINER = "\u200d"
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_AT_THE_EDGES = _BLANKS + _ZERO_WIDTH_JOINER
MAX_WORDS = 4096
"""Longer than WhatsApp lets anybody write (Meta, text messages)."""
FILLED = "filled"
"""The answer to a form, whose fields are its data."""
_TOKEN = "flow_token"  # noqa: S105  # the name that WhatsApp gives it among the fields


class ShownOption(NamedTuple):
    """A choice as the person sees it, in their language."""

    id: str
    title: str
    description: str | None = None


class Hearing(NamedTuple):
    """What else has to be known to understand an answer."""

    at: datetime
    """The clock of the command."""
    languages: tuple[str, ...] = ()
    """Those of the flow, the person's first."""
    time_zone: str = "UTC"
    """In which `today` is meant."""
    phone: str | None = None
    """The person's own number, in digits: of its country are numbers without country code."""
    options: tuple[ShownOption, ...] = ()
    """What a question offers that finds out its options."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer as the flow keeps it."""

    value: str
    data: dict[str, Any] | None = None
    """Its parts as JSON, where it has some: of a place, an address card or a form."""


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
        if char in ("\n", _ZERO_WIDTH_JOINER) or unicodedata.category(char) not in _UNSEEN
    )
    return kept.strip(_AT_THE_EDGES)


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


def earlier_answer(open_step: str, tap: InboundChoice) -> tuple[str, str] | None:
    """Return step and option of a button that stood under another question, else none."""
    asked, _, option = tap.id.partition(":")
    return (asked, option) if option and asked != open_step else None


def judge(step: Ask, message: InboundMessage, hearing: Hearing) -> Judgement:
    """Say whether the message answers the question; files are judged by `accepts_file`."""
    match message:
        case InboundChoice():
            return _judge_tap(step, message, hearing)
        case InboundText():
            words = visible(message.text)
            if len(words) > MAX_WORDS:
                return Rejected("wrong-length")
            return _judge_words(step, words, hearing)
        case InboundLocation() if step.location:
            return _place(places.place(message))
        case InboundContacts() if step.contact or step.phone:
            return _judge_cards(step, message, hearing)
        case _:
            return Rejected(_EXPECTED.get(type(step.kind), "not-text"))


def accepts_file(files: Files, media: InboundMedia) -> bool:
    """Say whether a file of this declared type is one of the kinds asked for.

    Whoever wants a photo sharp sends it as a document: its type counts as well.
    """
    mime_type = media.mime_type.partition(";")[0].strip().casefold()
    if mime_type == "application/pdf":
        return "pdf" in files.kinds or "document" in files.kinds
    return media.type in files.kinds or (
        media.type == "document" and mime_type.partition("/")[0] in files.kinds
    )


def largest_file(files: Files) -> int | None:
    """Return how many bytes a file may have, none where the question does not say."""
    return None if files.max_mb is None else max(1, int(files.max_mb * 1024 * 1024))


def judge_form(message: InboundFlowReply, token: str) -> Judgement:
    """Say whether this is the form that was sent with the token, and readable."""
    if message.flow_token != token:
        return Rejected("other-form")
    if message.response is None:
        return Rejected("unreadable-form")
    fields = {name: value for name, value in message.response.items() if name != _TOKEN}
    return Accepted(FILLED, fields)


_EXPECTED: Mapping[type, str] = {
    Location: "not-a-place",
    ContactCard: "not-a-contact",
    Files: "not-a-file",
}


def _judge_tap(step: Ask, tap: InboundChoice, hearing: Hearing) -> Judgement:
    if step.choice:
        written = (option.id for option in step.choice.options)
        for option in (*(one.id for one in hearing.options), *written):
            if tap.id == button_id(step.id, option):
                return Accepted(option)
        if tap.type == "template_button":
            return _choice(step.choice, tap.title, hearing.options)
    return Rejected("not-a-choice")


def _judge_words(step: Ask, words: str, hearing: Hearing) -> Judgement:
    match step.kind:
        case Text() as kind:
            fits = kind.min <= len(words) <= kind.max
            return Accepted(words) if fits else Rejected("wrong-length")
        case Pattern() as kind:
            return _pattern(kind, words)
        case Choice() as kind:
            return _choice(kind, words, hearing.options)
        case Number() as kind:
            return _number(kind, words, hearing)
        case Date() as kind:
            return _date(kind, words, hearing)
        case Time() as kind:
            return _time(kind, words, hearing)
        case Phone() as kind:
            return _phone(read_phone(_figures(words), _country(kind, hearing)))
        case Email():
            return _email(words)
        case Location():
            return _place(places.typed_place(_figures(words)))
        case ContactCard():
            return _card(places.typed_card(words, country_of(hearing.phone)))
        case Files():
            return Rejected("not-a-file")
        case _:
            assert_never(step.kind)


def _pattern(kind: Pattern, words: str) -> Judgement:
    said = words.upper() if kind.upper else words
    fits = len(said) <= MAX_WORDS and _compiled(kind.matches).fullmatch(said)
    return Accepted(said) if fits else Rejected("no-match")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


def _choice(kind: Choice, words: str, shown: tuple[ShownOption, ...]) -> Judgement:
    said = plain(words)
    for one in shown:
        if said in (plain(one.id), plain(one.title)):
            return Accepted(one.id)
    for option in kind.options:
        if said in ways_to_say(option.id, *option.title.values(), *every_word(option.words)):
            return Accepted(option.id)
    return _choice_without_accents(kind, words, shown)


def _choice_without_accents(kind: Choice, words: str, shown: tuple[ShownOption, ...]) -> Judgement:
    """Take "si" for "sí" where nothing else was meant by it."""
    said = folded(words)
    meant = {one.id for one in shown if said == folded(one.title)}
    for option in kind.options:
        if said in _folded_ways(*option.title.values(), *every_word(option.words)):
            meant.add(option.id)
    return Accepted(meant.pop()) if said and len(meant) == 1 else Rejected("not-a-choice")


@lru_cache(maxsize=4096)
def _folded_ways(*words: str) -> frozenset[str]:
    return frozenset(folded(word) for word in words)


def _number(kind: Number, words: str, hearing: Hearing) -> Judgement:
    language = hearing.languages[0] if hearing.languages else None
    number = read_number(_figures(words), language, whole=kind.whole)
    if number is None:
        return Rejected("not-a-number")
    if kind.whole and number != number.to_integral_value():
        return Rejected("not-whole")
    low = kind.min is not None and number < Decimal(str(kind.min))
    high = kind.max is not None and number > Decimal(str(kind.max))
    if low or high:
        return Rejected("out-of-range")
    kept = number.to_integral_value() if kind.whole else number
    return Accepted(f"{kept or abs(kept):f}")


def _date(kind: Date, words: str, hearing: Hearing) -> Judgement:
    today = hearing.at.astimezone(ZoneInfo(hearing.time_zone)).date()
    reading = read_day(_figures(words), today, hearing.languages)
    earliest = today if kind.earliest == "today" else kind.earliest or date.min
    latest = today if kind.latest == "today" else kind.latest or date.max
    fitting = [day for day in reading.days if earliest <= day <= latest]
    if not fitting:
        return Rejected("out-of-range" if reading.days else "not-a-date")
    if len(fitting) > 1 and not reading.guess:
        return Rejected("not-a-date")
    return Accepted(fitting[0].isoformat())


def _time(kind: Time, words: str, hearing: Hearing) -> Judgement:
    meant = read_times(_figures(words), hearing.languages)
    for one in meant:
        if _is_between(one, kind.earliest or time.min, kind.latest or time.max):
            return Accepted(f"{one:%H:%M}")
    return Rejected("out-of-range" if meant else "not-a-time")


def _is_between(one: time, earliest: time, latest: time) -> bool:
    """Say whether the time is within the bounds, which may be of a night."""
    if earliest <= latest:
        return earliest <= one <= latest
    return one >= earliest or one <= latest


def _email(words: str) -> Judgement:
    address = in_latin_digits(words).strip(" .,;<>").lower()
    fits = len(address) <= _MAX_EMAIL and _EMAIL.fullmatch(address)
    return Accepted(address) if fits else Rejected("not-an-email")


def _judge_cards(step: Ask, message: InboundContacts, hearing: Hearing) -> Judgement:
    if step.phone is None:
        return _card(places.card(message, country_of(hearing.phone)), "no-phone-number")
    country = _country(step.phone, hearing)
    phones = (phone_on(card, country) for card in message.cards)
    return _phone(next((phone for phone in phones if phone), None))


def _phone(phone: str | None) -> Judgement:
    return Accepted(phone) if phone else Rejected("not-a-phone-number")


def _country(kind: Phone, hearing: Hearing) -> str | None:
    return kind.country or country_of(hearing.phone)


def _place(place: dict[str, Any] | None) -> Judgement:
    return Accepted(places.in_degrees(place), place) if place else Rejected("not-a-place")


def _card(card: dict[str, Any] | None, otherwise: str = "not-a-contact") -> Judgement:
    return Accepted(places.on_one_line(card), card) if card else Rejected(otherwise)


def _figures(words: str) -> str:
    return words if len(words) <= _FIGURES else ""
