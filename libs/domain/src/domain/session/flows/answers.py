"""What counts as an answer to each kind of question."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, assert_never

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
from domain.session.flows.choosing import chosen, tapped
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.lettering import in_latin_digits
from domain.session.flows.measures import judge_date, judge_number, judge_time
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
from domain.session.flows.words import MAX_WORDS, visible

# One at sign, a dot in the host, no blanks: what is deliverable only a mail can tell.
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MAX_EMAIL = 254
_FIGURES = 200
"""Longer words are no number, day, time, place, name or phone number in any language."""
FILLED = "filled"
"""The answer to a form, whose fields are its data."""
_TOKEN = "flow_token"  # noqa: S105  # the name that WhatsApp gives it among the fields


def judge(step: Ask, message: InboundMessage, hearing: Hearing) -> Judgement:
    """Say whether the message answers the question; files are judged by `accepts_file`."""
    match message:
        case InboundChoice():
            return tapped(step, message, hearing)
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


def _judge_words(step: Ask, words: str, hearing: Hearing) -> Judgement:
    match step.kind:
        case Text() as kind:
            fits = kind.min <= len(words) <= kind.max
            return Accepted(words) if fits else Rejected("wrong-length")
        case Pattern() as kind:
            return _pattern(kind, words)
        case Choice() as kind:
            return chosen(kind, words, hearing.options)
        case Number() as kind:
            return judge_number(kind, _figures(words), hearing)
        case Date() as kind:
            return judge_date(kind, _figures(words), hearing)
        case Time() as kind:
            return judge_time(kind, _figures(words), hearing)
        case Phone() as kind:
            return _phone(read_phone(_figures(words), _country(kind, hearing)))
        case Email():
            return _email(words)
        case Location():
            return _place(places.typed_place(_figures(words)))
        case ContactCard():
            return _card(places.typed_card(_figures(words), country_of(hearing.phone)))
        case Files():
            return Rejected("not-a-file")
        case _:
            assert_never(step.kind)


def _pattern(kind: Pattern, words: str) -> Judgement:
    """Match the words as they are, else with the digits and letters that a keyboard made wide."""
    for written in dict.fromkeys((words, in_latin_digits(words))):
        said = written.upper() if kind.upper else written
        if len(said) <= MAX_WORDS and _compiled(kind.matches).fullmatch(said):
            return Accepted(said)
    return Rejected("no-match")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


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
