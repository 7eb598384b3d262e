"""How people say times of day: half past eight, las 9 y media, halb neun, nine in the evening."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.session.flows.lettering import folded

Spans = tuple[tuple[int, int], ...]
"""Minutes of the day: from, and before."""


class Way(NamedTuple):
    """A way to say a time with one number, the hour, or two."""

    hour_first: bool
    minutes: int
    """Those to add to the hour."""
    sign: int
    """Whether minutes that are said besides count forward, backward or are none."""


def ways_of(language: str) -> Iterator[tuple[str, Way]]:
    """Yield the ways of the language, by the words with `#` for each number."""
    for pattern, minutes, sign in (*_EVERYWHERE, *_WAYS.get(language.partition("-")[0], ())):
        hour, minute = pattern.find("H"), pattern.find("M")
        phrase = folded(pattern.replace("H", "#").replace("M", "#"))
        yield phrase, Way(minute < 0 or hour < minute, minutes, sign)


def parts_of(language: str) -> Iterator[tuple[str, Spans]]:
    """Yield what people call parts of the day, besides CLDR's names, as it compares."""
    for phrases, hours in zip(_PARTS.get(language.partition("-")[0], ()), _HOURS, strict=False):
        spans = tuple((begin * 60, end * 60) for begin, end in hours)
        yield from ((spaced(phrase), spans) for phrase in phrases.split("|"))


def spaced(text: str) -> str:
    """Return folded text as it compares here, with blanks for what ties its words together."""
    return " ".join(_TIES.sub(" ", _HALVES.sub(r"\1m", folded(text))).split())


_TIES = re.compile(r"(?<=[^\W\d])['\u2019-](?=[^\W\d])")
_HALVES = re.compile(r"(?<![^\W\d])([ap])\. ?m\b")
"""As in p. m."""
_EVERYWHERE = (("H", 0, 0), ("H M", 0, 1))
_WAYS: Mapping[str, tuple[tuple[str, int, int], ...]] = MappingProxyType(
    {
        "en": (
            ("half past H", 30, 0),
            ("quarter past H", 15, 0),
            ("quarter after H", 15, 0),
            ("quarter to H", -15, 0),
            ("quarter till H", -15, 0),
            ("M past H", 0, 1),
            ("M minutes past H", 0, 1),
            ("M minutes to H", 0, -1),
        ),
        "es": (
            ("H y media", 30, 0),
            ("H y cuarto", 15, 0),
            ("H menos cuarto", -15, 0),
            ("cuarto para las H", -15, 0),
            ("cuarto para la H", -15, 0),
            ("H y M", 0, 1),
            ("H menos M", 0, -1),
            ("M para las H", 0, -1),
            ("M para la H", 0, -1),
        ),
        "de": (
            ("halb H", -30, 0),
            ("viertel nach H", 15, 0),
            ("viertel vor H", -15, 0),
            ("dreiviertel H", -15, 0),
            ("M nach H", 0, 1),
            ("M vor H", 0, -1),
            ("M minuten nach H", 0, 1),
            ("M minuten vor H", 0, -1),
            ("M vor halb H", -30, -1),
            ("M nach halb H", -30, 1),
        ),
        "fr": (
            ("H et demie", 30, 0),
            ("H et demi", 30, 0),
            ("H et quart", 15, 0),
            ("H moins le quart", -15, 0),
            ("H moins quart", -15, 0),
            ("H moins M", 0, -1),
        ),
        "it": (
            ("H e mezza", 30, 0),
            ("H e mezzo", 30, 0),
            ("H e quarto", 15, 0),
            ("H meno quarto", -15, 0),
            ("quarto alle H", -15, 0),
            ("H e M", 0, 1),
            ("H meno M", 0, -1),
        ),
        "pt": (
            ("H e meia", 30, 0),
            ("H e quarto", 15, 0),
            ("H menos quarto", -15, 0),
            ("quarto para as H", -15, 0),
            ("quarto para a H", -15, 0),
            ("H e M", 0, 1),
            ("H menos M", 0, -1),
            ("M para as H", 0, -1),
            ("M para a H", 0, -1),
        ),
    }
)
"""No "half eight", which is not the same time to everybody; no "ten to nine", which can be a span.
"""
_HOURS: tuple[Spans, ...] = (((1, 12),), ((12, 20),), ((17, 24),), ((18, 24), (0, 5)))
"""Morning, afternoon, evening and night, wider than in CLDR: 7 at night is 19:00. The twelfth hour
of a morning is noon to some."""
_PARTS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "en": (
            "in the morning|this morning",
            "in the afternoon|this afternoon",
            "in the evening|this evening",
            "at night|tonight",
        ),
        "es": (
            "de la mañana|por la mañana|de la madrugada",
            "de la tarde|por la tarde|esta tarde|del mediodía",
            "de la noche",
            "de la noche|por la noche|esta noche",
        ),
        "de": (
            "morgens|am Morgen|in der Früh|früh|vormittags|am Vormittag",
            "nachmittags|am Nachmittag|heute Nachmittag|mittags",
            "abends|am Abend|heute Abend",
            "nachts|in der Nacht|heute Nacht",
        ),
        "fr": (
            "du matin|le matin|ce matin",
            "de l'après-midi|cet après-midi|l'après-midi",
            "du soir|ce soir|le soir",
            "de la nuit|cette nuit",
        ),
        "it": (
            "di mattina|del mattino|della mattina|stamattina",
            "di pomeriggio|del pomeriggio",
            "di sera|della sera|stasera",
            "di notte|della notte|stanotte",
        ),
        "pt": (
            "da manhã|de manhã|da madrugada",
            "da tarde|de tarde|à tarde",
            "da noite",
            "da noite|de noite|à noite|hoje à noite|esta noite",
        ),
    }
)
