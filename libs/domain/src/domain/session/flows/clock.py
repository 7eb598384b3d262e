"""Times of day as people write them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from functools import lru_cache
from typing import NamedTuple

from domain.session.flows.calendars import literals
from domain.session.flows.clock_words import Spans, Way, parts_of, spaced, ways_of
from domain.session.flows.lettering import folded, in_latin_digits, locale_of, squeezed
from domain.session.flows.number_words import number_words

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
_HOUR = 60
_NOON = _HALF_A_DAY * _HOUR


_LONGEST = 60
_LEADS = re.compile(
    r"(?:(?:at|around|about|a|al|las?|sobre|um|gegen|vers|as|ao|alle|all|le|verso"
    r"|for|para|pra|fur|pour|per) )+"
)
_AN_ARTICLE = re.compile(r"(?<!\w)(?:un|um|uno) (?=[cq]uarto)")
_LEFT_OUT = re.compile(
    r"(?<![^\W\d])(?:hs?|hrs?|uhr|horas?|heures?|or[ae]|o ?clock|punkt|sharp|pile"
    r"|[ei]n punto|em ponto)(?!\w)"
)
"""What is said of an hour and may as well not be."""
_MARK = re.compile(r"(?<=\d)[:.h](?=\d\d(?!\d))")
_TWO_HOURS = re.compile(r"\d+(?: [ye])? (?:1?\d|2[0-4])")
"""In figures: "9 10" and "9 y 10" can be both of them."""
_COUNT = re.compile(r"\d+")


class _Spoken(NamedTuple):
    """What is said beside the figures, and between which minutes of the day it is said."""

    parts: Mapping[str, Spans]
    moments: Mapping[str, time]
    fillers: frozenset[str]
    ways: Mapping[str, Way]
    at_the_end: re.Pattern[str]
    """A part of the day behind the time."""
    at_the_start: re.Pattern[str]
    at_noon: re.Pattern[str]
    """A moment that has a name, as in "midi et demi"."""


def read_times(words: str, languages: tuple[str, ...]) -> tuple[time, ...]:
    """Return the times that these words can mean, the likeliest first: "3" is 03:00 or 15:00."""
    text = folded(in_latin_digits(words))
    spoken = _spoken(languages)
    if text in spoken.moments:
        return (spoken.moments[text],)
    found = _FOUR_DIGITS.fullmatch(text) or _HOUR_AND_MINUTE.fullmatch(text)
    if found and (times := _in_figures(found.groupdict(""), spoken)):
        return times
    return _in_words(text, languages, spoken) if len(text) <= _LONGEST else ()


def _in_figures(said: Mapping[str, str], spoken: _Spoken) -> tuple[time, ...]:
    hour, minute = int(said["hour"]), int(said["minute"] or 0)
    beside = [squeezed(said.get("before", "")), squeezed(said.get("after", ""))]
    if hour >= 2 * _HALF_A_DAY or minute >= _HOUR:
        return ()
    parts = [spoken.parts[one] for one in beside if one in spoken.parts]
    if any(one not in spoken.parts and one not in spoken.fillers for one in beside):
        return ()
    if parts:
        return tuple(_within(parts[0], hour, minute))
    if said["hour"].startswith("0") or not 0 < hour < _HALF_A_DAY:
        return (time(hour, minute),)
    return (time(hour, minute), time(hour + _HALF_A_DAY, minute))


def _in_words(text: str, languages: tuple[str, ...], spoken: _Spoken) -> tuple[time, ...]:
    """Return the times of "half past eight", "las nueve de la noche" and the like."""
    said = _AN_ARTICLE.sub("", spaced(text))
    part = spoken.at_the_end.search(said) or spoken.at_the_start.match(said)
    rest = said if part is None else (said[: part.start()] + said[part.end() :]).strip()
    rest = rest[lead.end() :] if (lead := _LEADS.match(rest)) else rest
    if _TWO_HOURS.fullmatch(rest):
        return ()
    figures = _COUNT.findall(rest := _with_figures(rest, languages, spoken))
    way = spoken.ways.get(_COUNT.sub("#", rest))
    if way is None:
        return ()
    numbers = int(figures[0]), int(figures[-1])
    hour, minute = numbers if way.hour_first else numbers[::-1]
    if hour >= 2 * _HALF_A_DAY or (way.sign and minute >= _HOUR):
        return ()
    spans = spoken.parts[part["part"]] if part else None
    return tuple(_around(hour, way.minutes + way.sign * minute, spans))


def _with_figures(text: str, languages: tuple[str, ...], spoken: _Spoken) -> str:
    """Return the text with its numbers in figures, and without what only names their unit."""
    if noon := spoken.at_noon.match(text):
        text = f"{spoken.moments[noon[0]].hour} {text[noon.end() :]}"
    text = number_words(languages).in_figures(_MARK.sub(" ", text))
    return " ".join(_LEFT_OUT.sub(" ", text).split())


def _around(hour: int, minutes: int, spans: Spans | None) -> Iterator[time]:
    """Yield the times that are so many minutes from an hour of the day, or of half a day."""
    if 0 < hour <= _HALF_A_DAY:
        hour, minute = divmod((hour * _HOUR + minutes) % _NOON, _HOUR)
        hours = (hour or _HALF_A_DAY, hour + _HALF_A_DAY if hour else 0)
    else:
        hour, minute = divmod((hour * _HOUR + minutes) % (2 * _NOON), _HOUR)
        hours = (hour, hour)
    for one in dict.fromkeys(hours):
        if spans is None or _is_within(spans, one * _HOUR + minute):
            yield time(one, minute)


def _within(spans: Spans, hour: int, minute: int) -> Iterator[time]:
    """Yield this time, or the same of the other half of the day, where it is within the spans."""
    hours = dict.fromkeys((hour, (hour + _HALF_A_DAY) % (2 * _HALF_A_DAY)))
    for one in hours if hour <= _HALF_A_DAY else (hour,):
        if _is_within(spans, one * _HOUR + minute):
            yield time(one, minute)


def _is_within(spans: Spans, minutes: int) -> bool:
    return any(
        begin <= minutes < end or (end <= begin and not end <= minutes < begin)
        for begin, end in spans
    )


@lru_cache(maxsize=256)
def _spoken(languages: tuple[str, ...]) -> _Spoken:
    understood = tuple(dict.fromkeys((*languages, "en")))
    moments, parts = _moments(understood), _parts(understood)
    fillers, ways = set(_FILLERS), dict[str, Way]()
    for language in understood:
        if locale := locale_of(language):
            fillers.update(literals(locale.time_formats))
        for phrase, way in ways_of(language):
            ways.setdefault(phrase, way)
    some_part = f"(?P<part>{_either(parts)})"
    for name, at in moments.items():
        parts.setdefault(squeezed(name), ((at.hour * _HOUR, (at.hour + 1) * _HOUR),))
    return _Spoken(
        parts,
        moments,
        frozenset(fillers),
        ways,
        re.compile(rf"(?<![^\W\d]){some_part}\Z"),
        re.compile(rf"{some_part}(?= )"),
        re.compile(rf"(?:{_either(moments)})(?!\w)"),
    )


def _moments(languages: tuple[str, ...]) -> dict[str, time]:
    moments = {"noon": time(12), "midday": time(12), "midnight": time(0)}
    for language in languages:
        for period, name in _names(language):
            if period in ("noon", "midnight"):
                at = time(12 if period == "noon" else 0)
                moments.setdefault(folded(name), at)
                moments.setdefault(spaced(name), at)
    return moments


def _parts(languages: tuple[str, ...]) -> dict[str, Spans]:
    parts: dict[str, Spans] = {"am": ((0, _NOON),), "pm": ((_NOON, 2 * _NOON),)}
    for language in languages:
        for period, name in _names(language):
            if spans := _spans(language, period):
                parts.setdefault(squeezed(name), spans)
                parts.setdefault(spaced(name), spans)
        for name, spans in parts_of(language):
            for key in dict.fromkeys((name, squeezed(name))):
                parts[key] = (*parts.get(key, ()), *spans)
    return parts


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)


def _names(language: str) -> Iterator[tuple[str, str]]:
    locale = locale_of(language)
    for context in locale.day_periods.values() if locale else ():
        for names in (context.get("wide", {}), context.get("abbreviated", {})):
            yield from names.items()


def _spans(language: str, period: str) -> Spans:
    if period in ("am", "pm"):
        return ((0, _NOON),) if period == "am" else ((_NOON, 2 * _NOON),)
    if period in ("noon", "midnight"):
        return ()
    locale = locale_of(language)
    rules = locale.day_period_rules.get(None, {}).get(period, []) if locale else []
    return tuple(
        (rule["from"] // 60, rule["before"] // 60)
        for rule in rules
        if "from" in rule and "before" in rule
    )
