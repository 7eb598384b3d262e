"""Calendar days as people write them in the languages of a flow."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.session.flows.calendars import Calendar, calendar
from domain.session.flows.lettering import folded, in_latin_digits, squeezed

_LONGEST = 60
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})\.?")
_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?\.?")
_AFTER_A_MARK = re.compile(r"(?<=\d[./-]) (?=\d)")
_EAST_ASIAN = re.compile(
    r"(?:(\d{2,4})[年년] ?)?(\d{1,2})[月월] ?(\d{1,2})[日号號일]?"
    r"(?: ?\(?[日月火水木金土星期周週曜一二三四五六天요금목수화토일]{1,3}\)?)?"
)
_DAYS_OF_WEEK = 7


class Reading(NamedTuple):
    """Days that the words can mean, the nearest first."""

    days: tuple[date, ...] = ()
    guess: bool = True
    """Whether the nearest one may be taken where several are possible."""


def read_day(words: str, today: date, languages: tuple[str, ...]) -> Reading:
    """Say which days these words can mean."""
    text = _AFTER_A_MARK.sub("", folded(in_latin_digits(words)))
    if len(text) > _LONGEST:
        return Reading()
    known = calendar(languages)
    if around := known.around.get(squeezed(text)):
        return Reading(tuple(_shifted(today, around)), guess=False)
    if (weekday := known.weekdays.get(text)) is not None:
        ahead = (weekday - today.weekday() - 1) % _DAYS_OF_WEEK + 1
        behind = (today.weekday() - weekday - 1) % _DAYS_OF_WEEK + 1
        return Reading(tuple(_shifted(today, (ahead, -behind))), guess=False)
    parts = _in_figures(text, known) or _in_words(text, known)
    return Reading(tuple(_days(*parts, today))) if parts else Reading()


def _in_figures(text: str, known: Calendar) -> tuple[str, int, int] | None:
    """Return year, month and day; the year as it is written, or empty."""
    if found := _YEAR_FIRST.fullmatch(text):
        return found[1], int(found[3]), int(found[4])
    if found := _EAST_ASIAN.fullmatch(text):
        return found[1] or "", int(found[2]), int(found[3])
    found = _FIGURES.fullmatch(text)
    if found is None:
        return None
    first, second, year = found[1], found[3], found[4] or ""
    if known.order == "ymd" and len(year) == 2:  # noqa: PLR2004  # as in 26/11/20
        return first, int(second), int(year)
    # With dots the day comes first wherever figures have dots between them.
    day_first = known.order == "dmy" or found[2] == "."
    return (year, int(second), int(first)) if day_first else (year, int(first), int(second))


def _in_words(text: str, known: Calendar) -> tuple[str, int, int] | None:
    """Return year, month and day of words such as "the 3rd of March 2026"."""
    pieces = known.pieces(text)
    months = [known.months[one] for one in pieces if one in known.months]
    figures = [one for one in pieces if one.isdecimal()]
    if len(months) + len(figures) != len(pieces):
        return None
    if not months and sorted(map(len, figures))[1:] == [2, 4]:
        return _in_figures("/".join(figures), known)
    year_at = next((at for at, one in enumerate(figures) if len(one) > 2), 1)  # noqa: PLR2004
    year, days = "".join(figures[year_at : year_at + 1]), figures[:year_at] + figures[year_at + 1 :]
    return (year, months[0], int(days[0])) if len(months) == len(days) == 1 else None


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
