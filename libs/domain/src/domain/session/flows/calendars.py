"""The names of days and months in the languages of a flow (Unicode CLDR)."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale

from domain.session.flows.day_words import MORE_WEEKDAYS, days_around
from domain.session.flows.lettering import folded, locale_of

_PIECES = re.compile(r"\d+|[^\s\d.,;:/()\u2013\u060c\u104a\u1361\u1365-]+")
"""Figures, and words of letters and their signs."""
_FILLERS = frozenset(
    {"the", "of", "on", "day", "st", "nd", "rd", "th", "el", "del", "de", "dia", "le", "er", "re"}
    | {"am", "der", "den", "dem", "di", "il", "do", "da", "o", "a", "e", "ngay", "nam"}
)
"""Words that people put between, besides those of their language's own way to write a day."""
_FIELDS = re.compile(r"'([^']*)'|[A-Za-z]+")
_BEFORE_A_MONTH = re.compile(r"([^\W\d_a-zA-Z]+)MMM")
_SHORTEST_MONTH = 3


class Calendar(NamedTuple):
    """What days and months are called."""

    order: str
    """Of day, month and year in figures: `dmy`, `mdy` or `ymd`."""
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    around: Mapping[str, tuple[int, ...]]
    """How many days after today a word means."""
    fillers: frozenset[str]
    long_months: re.Pattern[str] | None
    """Names of several pieces, as in Vietnamese."""
    long_weekdays: re.Pattern[str] | None

    def pieces(self, text: str) -> list[str]:
        """Return figures and words without the words that only stand between or beside them."""
        if self.long_weekdays:
            text = self.long_weekdays.sub(" ", text)
        if self.long_months:
            text = self.long_months.sub(lambda found: _one_piece(self.months[found[0]]), text)
        return [one for one in _PIECES.findall(text) if one in self.months or not self._beside(one)]

    def _beside(self, piece: str) -> bool:
        return piece in self.fillers or piece in self.weekdays


@lru_cache(maxsize=256)
def calendar(languages: tuple[str, ...]) -> Calendar:
    """Return what is understood in these languages, the person's first, and in English."""
    months, weekdays = dict[str, int](), dict[str, int]()
    around, fillers = dict[str, tuple[int, ...]](), set(_FILLERS)
    for language in dict.fromkeys((*languages, "en")):
        _add(around, days_around(language).items())
        if locale := locale_of(language):
            _add(months, _names(locale.months))
            _add(months, _with_prefix(locale))
            _add(weekdays, weekdays_of(language))
            fillers.update(literals(locale.date_formats), _eras(locale))
    for month in range(1, 13):
        months[_one_piece(month).strip()] = month
    known = {**_beginnings(months), **months}
    return Calendar(
        _order(languages),
        known,
        weekdays,
        around,
        frozenset(fillers - known.keys()),
        _of_several_pieces(months),
        _of_several_pieces(name for name in weekdays if name not in known),
    )


def weekdays_of(language: str) -> Iterator[tuple[str, int]]:
    """Yield the names that days of the week have, as they compare, Monday being 0."""
    if locale := locale_of(language):
        yield from _names(locale.days)
    for weekday, words in enumerate(MORE_WEEKDAYS.get(language.partition("-")[0], ())):
        yield from ((folded(word), weekday) for word in words.split("|") if word)


def literals(formats: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the words that stand between the fields of a language's formats."""
    for one in formats.values():
        between = _FIELDS.sub(lambda found: f" {found[1] or ''} ", one.pattern)
        yield from _PIECES.findall(folded(between))


def _add(known: dict[str, Any], more: Iterable[tuple[str, Any]]) -> None:
    for name, meaning in more:
        known.setdefault(name, meaning)


def _names(contexts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for context in contexts.values():
        for width in ("wide", "abbreviated"):
            for number, name in context.get(width, {}).items():
                yield folded(name), number


def _with_prefix(locale: Locale) -> Iterator[tuple[str, int]]:
    """Yield months as they stand behind the letters that a language sets before them."""
    for one in locale.date_formats.values():
        if prefix := _BEFORE_A_MONTH.search(one.pattern):
            yield from ((prefix[1] + name, month) for name, month in _names(locale.months))


def _eras(locale: Locale) -> Iterator[str]:
    for names in locale.eras.values():
        yield from _PIECES.findall(folded(names.get(1, "")))


def _one_piece(month: int) -> str:
    """Return a name of letters alone."""
    return f" {chr(ord('a') + month)}month "


def _of_several_pieces(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds these names, the longest first, where they are no pieces themselves."""
    several = {name for name in names if name and _PIECES.findall(name) != [name]}
    either = "|".join(re.escape(name) for name in sorted(several, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)") if several else None


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
