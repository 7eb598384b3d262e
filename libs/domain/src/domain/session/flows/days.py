"""Calendar days as people write them in the languages of a flow."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from domain.session.flows.calendars import Calendar, calendar
from domain.session.flows.day_phrases import Which, sayings
from domain.session.flows.lettering import folded, in_latin_digits, squeezed
from domain.session.flows.number_words import number_words

_LONGEST = 60
_YEAR_FIRST = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})\.?")
_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?\.?")
_AFTER_A_MARK = re.compile(r"(?<=\d[./-]) (?=\d)")
_EAST_ASIAN = re.compile(
    r"(?:(\d{2,4})[年년] ?)?(\d{1,2})[月월] ?(\d{1,2})[日号號일]?"
    r"(?: ?\(?[日月火水木金土星期周週曜一二三四五六天요금목수화토일]{1,3}\)?)?"
)
_INTENDED = re.compile(r"\A(?:for|para|pra|fur|pour|per) ")
"""As in "for tomorrow": whatever the day is for."""
_OF_A_MONTH = re.compile(
    r"(?P<before>\D*?),? ?(?P<day>\d{1,2})(?P<mark>st|nd|rd|th|er|[日号號일])?"
)
_COUNT = re.compile(r"\d{1,3}")
_DAYS_OF_WEEK = 7
_MONTHS = 12


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
    if parts := _in_figures(text, known):
        return Reading(tuple(_days(*parts, today)))
    text = _INTENDED.sub("", text, count=1)
    if around := known.around.get(squeezed(text)):
        return Reading(tuple(_shifted(today, around)), guess=False)
    said = sayings(languages)
    if pointed := said.pointed.get(text):
        return _pointed(*pointed, today)
    on = _OF_A_MONTH.fullmatch(text)
    if on and (days := tuple(_of_a_month(on, said.articles, known, today))):
        return Reading(days)
    if parts := _in_words(text, known):
        return Reading(tuple(_days(*parts, today)))
    spelled = number_words(languages).in_figures(text)
    if (shift := _away(spelled, said.away)) is not None:
        return Reading(tuple(_shifted(today, (shift,))))
    parts = _in_words(spelled, known)
    return Reading(tuple(_days(*parts, today))) if parts else Reading()


def _pointed(weekday: int, which: Which, today: date) -> Reading:
    """Say which days a day of the week can be; only "next" and "last" say it themselves.

    "This" one is yet to come, except where it was in this week: then the bounds decide.
    """
    ahead = (weekday - today.weekday() - 1) % _DAYS_OF_WEEK + 1
    behind = -((today.weekday() - weekday - 1) % _DAYS_OF_WEEK + 1)
    match which:
        case "next":
            return Reading(tuple(_shifted(today, (ahead,))))
        case "last":
            return Reading(tuple(_shifted(today, (behind,))))
        case "this":
            ahead %= _DAYS_OF_WEEK
            guess = weekday >= today.weekday()
        case "any":
            guess = False
    return Reading(tuple(_shifted(today, (ahead, behind))), guess)


def _of_a_month(
    on: re.Match[str], articles: frozenset[str], known: Calendar, today: date
) -> Iterator[date]:
    """Yield the days that "Friday the 24th" can mean: the next ones, then the last ones.

    Where its day of the week is said, only the nearest of either side count: an earlier or later
    one that happens to be a Friday is not meant.
    """
    before = on["before"].replace(",", " ").split()
    names = [word for word in before if word not in articles]
    if not (before or on["mark"]) or any(
        word not in known.weekdays or word in known.months for word in names
    ):
        return
    named = {known.weekdays[word] for word in names}
    ahead = list(_in_months(int(on["day"]), today, range(_MONTHS + 1)))
    behind = list(_in_months(int(on["day"]), today, range(0, -_MONTHS, -1)))
    ahead = [day for day in ahead if day >= today]
    behind = [day for day in behind if day < today]
    if not named:
        yield from (*ahead, *behind)
    for day in (*ahead[:1], *behind[:1]) if named else ():
        if {day.weekday()} == named:
            yield day


def _in_months(day: int, today: date, months: range) -> Iterator[date]:
    """Yield the days of this number in the months that are so far from today's."""
    for shift in months:
        years, month = divmod(today.month - 1 + shift, 12)
        if (found := _day(today.year + years, month + 1, day)) is not None:
            yield found


def _away(text: str, away: Mapping[str, int]) -> int | None:
    """Return how many days from today "in 3 days" is, or "2 weeks ago"."""
    numbers = _COUNT.findall(text)
    days = away.get(squeezed(_COUNT.sub("#", text))) if len(numbers) <= 1 else None
    return None if days is None else days * int(*numbers or (1,))


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
    if found[2] == ".":
        return year, int(second), int(first)
    day, month = (first, second) if known.order == "dmy" else (second, first)
    if int(month) > _MONTHS >= int(day):  # there is only one month among them
        day, month = month, day
    return year, int(month), int(day)


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
