"""Times of day as people write them."""

import re
from collections.abc import Iterator, Mapping
from datetime import time
from functools import lru_cache
from typing import NamedTuple

from domain.session.flows.calendars import literals
from domain.session.flows.lettering import folded, in_latin_digits, locale_of, squeezed

_HOUR_AND_MINUTE = re.compile(
    r"(?P<before>\D*?)(?P<hour>\d{1,2})(?:\s?[:.h時点點시]\s?(?P<minute>\d{2}))?(?P<after>\D*)"
)
_FOUR_DIGITS = re.compile(r"(?P<hour>\d{1,2})(?P<minute>\d{2})")
_FILLERS = frozenset(
    {"", "at", "alas", "ala", "um", "as", "a", "alle", "om", "kl", "klo", "o", "\u0432", "oclock"}
    | {"h", "hs", "hr", "hrs", "uhr", "horas", "heures", "ore", "分", "분", "時", "点", "點", "시"}
)
"""What people write beside a time, besides what their language's own way has."""
_HALF_A_DAY = 12


class _Spoken(NamedTuple):
    """What is said beside the figures, and between which minutes of the day it is said."""

    parts: Mapping[str, tuple[tuple[int, int], ...]]
    moments: Mapping[str, time]
    fillers: frozenset[str]


def read_times(words: str, languages: tuple[str, ...]) -> tuple[time, ...]:
    """Return the times that these words can mean, the likeliest first: "3" is 03:00 or 15:00."""
    text = folded(in_latin_digits(words))
    spoken = _spoken(languages)
    if text in spoken.moments:
        return (spoken.moments[text],)
    found = _FOUR_DIGITS.fullmatch(text) or _HOUR_AND_MINUTE.fullmatch(text)
    if not found:
        return ()
    said = found.groupdict("")
    hour, minute = int(said["hour"]), int(said["minute"] or 0)
    beside = [squeezed(said.get("before", "")), squeezed(said.get("after", ""))]
    if hour >= 2 * _HALF_A_DAY or minute >= 60:  # noqa: PLR2004  # of an hour
        return ()
    parts = [spoken.parts[one] for one in beside if one in spoken.parts]
    if any(one not in spoken.parts and one not in spoken.fillers for one in beside):
        return ()
    if parts:
        return tuple(_within(parts[0], hour, minute))
    if said["hour"].startswith("0") or not 0 < hour < _HALF_A_DAY:
        return (time(hour, minute),)
    return (time(hour, minute), time(hour + _HALF_A_DAY, minute))


def _within(spans: tuple[tuple[int, int], ...], hour: int, minute: int) -> Iterator[time]:
    """Yield this time, or the same of the other half of the day, where it is within the spans."""
    hours = dict.fromkeys((hour, (hour + _HALF_A_DAY) % (2 * _HALF_A_DAY)))
    for one in hours if hour <= _HALF_A_DAY else (hour,):
        minutes = one * 60 + minute
        for begin, end in spans:
            if begin <= minutes < end or (end <= begin and not end <= minutes < begin):
                yield time(one, minute)
                break


@lru_cache(maxsize=256)
def _spoken(languages: tuple[str, ...]) -> _Spoken:
    noon, day = _HALF_A_DAY * 60, 2 * _HALF_A_DAY * 60
    parts: dict[str, tuple[tuple[int, int], ...]] = {"am": ((0, noon),), "pm": ((noon, day),)}
    moments = {"noon": time(12), "midday": time(12), "midnight": time(0)}
    fillers = set(_FILLERS)
    for language in languages:
        if locale := locale_of(language):
            fillers.update(literals(locale.time_formats))
        for period, name in _names(language):
            if period in ("noon", "midnight"):
                moments.setdefault(folded(name), time(12 if period == "noon" else 0))
            elif spans := _spans(language, period):
                parts.setdefault(squeezed(name), spans)
    return _Spoken(parts, moments, frozenset(fillers))


def _names(language: str) -> Iterator[tuple[str, str]]:
    locale = locale_of(language)
    for context in locale.day_periods.values() if locale else ():
        for names in (context.get("wide", {}), context.get("abbreviated", {})):
            yield from names.items()


def _spans(language: str, period: str) -> tuple[tuple[int, int], ...]:
    noon, day = _HALF_A_DAY * 60, 2 * _HALF_A_DAY * 60
    if period in ("am", "pm"):
        return ((0, noon),) if period == "am" else ((noon, day),)
    locale = locale_of(language)
    rules = locale.day_period_rules.get(None, {}).get(period, []) if locale else []
    return tuple(
        (rule["from"] // 60, rule["before"] // 60)
        for rule in rules
        if "from" in rule and "before" in rule
    )
