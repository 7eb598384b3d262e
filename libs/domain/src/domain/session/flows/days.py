"""Calendar days as people write them in the languages of a flow."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.session.flows.day_words import days_around
from domain.session.flows.lettering import folded, in_latin_digits, locale_of, squeezed

_LONGEST = 60
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})\.?")
_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?\.?")
_AFTER_A_MARK = re.compile(r"(?<=\d[./-]) (?=\d)")
_EAST_ASIAN = re.compile(r"(?:(\d{2,4})[年년] ?)?(\d{1,2})[月월] ?(\d{1,2})[日号號일]?")
_PIECES = re.compile(r"\d+|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "re", "o", "a", "e", "º", "ª"})
_FILLERS = frozenset(
    {"de", "del", "of", "the", "le", "el", "den", "der", "am", "do", "da", "di", "ngay", "thang"}
    | {"nam", "on", "\u0433", "года", "року", "r", "roku", "i", "al", "el", "dia", "day", "את", "ב"}
)
_SHORTEST_MONTH = 3
_DAYS_OF_WEEK = 7


class Reading(NamedTuple):
    """Days that the words can mean, the nearest first."""

    days: tuple[date, ...] = ()
    guess: bool = True
    """Whether the nearest one may be taken where several are possible."""


class _Calendar(NamedTuple):
    order: str
    """Of day, month and year in figures: `dmy`, `mdy` or `ymd`."""
    months: Mapping[str, int]
    long_months: re.Pattern[str] | None
    """Names of several pieces, as in Vietnamese."""
    weekdays: Mapping[str, int]
    around: Mapping[str, tuple[int, ...]]


def read_day(words: str, today: date, languages: tuple[str, ...]) -> Reading:
    """Say which days these words can mean."""
    text = _AFTER_A_MARK.sub("", folded(in_latin_digits(words)))
    if len(text) > _LONGEST:
        return Reading()
    known = _calendar(languages)
    if around := known.around.get(squeezed(text)):
        return Reading(tuple(_shifted(today, around)), guess=False)
    if (weekday := known.weekdays.get(text)) is not None:
        ahead = (weekday - today.weekday() - 1) % _DAYS_OF_WEEK + 1
        behind = (today.weekday() - weekday - 1) % _DAYS_OF_WEEK + 1
        return Reading(tuple(_shifted(today, (ahead, -behind))), guess=False)
    parts = _in_figures(text, known) or _in_words(text, known)
    return Reading(tuple(_days(*parts, today))) if parts else Reading()


def _in_figures(text: str, known: _Calendar) -> tuple[str, int, int] | None:
    """Return year, month and day; the year as it is written, or empty."""
    if found := _YEAR_FIRST.fullmatch(text):
        return found[1], int(found[3]), int(found[4])
    if found := _EAST_ASIAN.fullmatch(text):
        return found[1] or "", int(found[2]), int(found[3])
    if not (found := _FIGURES.fullmatch(text)):
        return None
    first, second, year = found[1], found[3], found[4] or ""
    if known.order == "ymd" and len(year) == 2:  # noqa: PLR2004  # as in 26/11/20
        return first, int(second), int(year)
    # With dots the day comes first wherever figures have dots between them.
    day_first = known.order == "dmy" or found[2] == "."
    return (year, int(second), int(first)) if day_first else (year, int(first), int(second))


def _in_words(text: str, known: _Calendar) -> tuple[str, int, int] | None:
    """Return year, month and day of words such as "the 3rd of March 2026"."""
    figures, months = list[str](), list[int]()
    if known.long_months:
        text = known.long_months.sub(lambda found: _one_piece(known.months[found[0]]), text)
    for piece in _PIECES.findall(text):
        if piece.isdecimal():
            figures.append(piece)
        elif piece in known.months:
            months.append(known.months[piece])
        elif piece not in _FILLERS | _ORDINALS and piece not in known.weekdays:
            return None
    if len(months) != 1 or not 1 <= len(figures) <= 2:  # noqa: PLR2004  # day and year
        return None
    years = [one for one in figures if len(one) == 4]  # noqa: PLR2004
    year = years[0] if years else "".join(figures[1:])
    days = [one for one in figures if one is not year]
    return (year, months[0], int(days[0])) if len(days) == 1 and len(days[0]) <= 2 else None  # noqa: PLR2004


def _days(year: str, month: int, day: int, today: date) -> Iterator[date]:
    """Yield the days of this date, of the nearest years first where the year is not whole."""
    if len(year) == 4:  # noqa: PLR2004
        years = [int(year)]
    elif len(year) == 2:  # noqa: PLR2004
        century = today.year // 100 * 100
        years = [century + int(year) + shift for shift in (0, -100, 100)]
    elif not year:
        years = [today.year + shift for shift in range(-4, 5)]
    else:
        return
    found = [one for one in (_day(y, month, day) for y in years) if one is not None]
    yield from sorted(found, key=lambda one: abs(one - today))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _shifted(today: date, shifts: tuple[int, ...]) -> Iterator[date]:
    for days in shifts:
        try:
            yield today + timedelta(days=days)
        except OverflowError:
            continue


@lru_cache(maxsize=256)
def _calendar(languages: tuple[str, ...]) -> _Calendar:
    months, weekdays = dict[str, int](), dict[str, int]()
    around = dict[str, tuple[int, ...]]()
    for language in dict.fromkeys((*languages, "en")):
        for name, number in _names(language, "months"):
            months.setdefault(name, number)
        for name, number in _names(language, "days"):
            weekdays.setdefault(name, number)
        for word, days in days_around(language).items():
            around.setdefault(word, days)
    pieces = {_one_piece(number).strip(): number for number in range(1, 13)}
    known = {**pieces, **_beginnings(months), **months}
    return _Calendar(_order(languages), known, _of_several_pieces(months), weekdays, around)


def _one_piece(month: int) -> str:
    """Return a name of letters alone."""
    return f" {chr(ord('a') + month)}month "


def _of_several_pieces(months: Mapping[str, int]) -> re.Pattern[str] | None:
    names = sorted((n for n in months if not n.isalpha() and not n[0].isdecimal()), key=len)
    return re.compile(f"({'|'.join(map(re.escape, names[::-1]))})(?!\\d)") if names else None


def _names(language: str, what: str) -> Iterator[tuple[str, int]]:
    locale = locale_of(language)
    contexts = getattr(locale, what) if locale else {}
    for context in contexts.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                yield folded(name), number


def _beginnings(months: Mapping[str, int]) -> dict[str, int]:
    """Return what months' names begin with, where it is no other month's beginning."""
    meant = defaultdict[str, set[int]](set)
    for name, number in months.items():
        for end in range(_SHORTEST_MONTH, len(name)):
            meant[name[:end]].add(number)
    return {begin: numbers.pop() for begin, numbers in meant.items() if len(numbers) == 1}


def _order(languages: tuple[str, ...]) -> str:
    """Return the order of figures. English alone does not say of which country: the day first."""
    locale = locale_of(languages[0]) if languages else None
    if locale is None or (locale.language == "en" and locale.territory is None):
        return "dmy"
    pattern = str(locale.date_formats["short"].pattern).lower()
    return "".join(sorted("dmy", key=pattern.find))
