"""How numbers, money, times and plural forms are written in one language and time zone."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from domain.session.flows.functions import EVERYWHERE, MAX_LETTERS, moment, string

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""In this order plural forms are written down, those that the language has (CLDR)."""
LENGTHS = ("short", "medium", "long", "full")

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MOST_DIGITS = 9
_LARGEST = Decimal(10) ** 15
_DOTTED_I = frozenset({"tr", "az"})
_DOTLESS = "\u0131"


class Formats:
    """The functions of texts and expressions. Each gives null for what it cannot write."""

    __slots__ = ("_language", "_locale", "_places", "_rule", "functions", "zone")

    def __init__(self, language: str, zone: tzinfo) -> None:
        self._locale = _nearest(language)
        self._language = self._locale.language
        self._rule = self._locale.plural_form
        self._places = _places(language)
        self.zone = zone
        self.functions: Mapping[str, Callable[..., Any]] = {
            **EVERYWHERE,
            "timestamp": self.timestamp,
            "number": self.number,
            "money": self.money,
            "date": self.date,
            "time": self.time,
            "plural": self.plural,
            "join": self.join,
            "upper": self.upper,
            "lower": self.lower,
        }

    def timestamp(self, value: Any) -> datetime | None:
        """Read a moment as ISO 8601 writes it; a day begins at 00:00 in the zone."""
        return moment(value, self.zone)

    def number(self, value: Any, digits: Any = None) -> str | None:
        """Write a number, with so many digits after the point or as many as it has, up to three."""
        read = _decimal(value)
        if read is None:
            return None
        if digits is None:
            return format_decimal(read, locale=self._locale)
        if type(digits) not in (int, float) or digits not in range(_MOST_DIGITS + 1):
            return None
        return format_decimal(read, _with_digits(self._locale, int(digits)), self._locale)

    def money(self, value: Any, currency: Any) -> str | None:
        """Write an amount of a currency, by its code of three letters (ISO 4217)."""
        read = _decimal(value)
        if read is None or not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
            return None
        return format_currency(read, currency, locale=self._locale)

    def date(self, value: Any, length: Any = "medium") -> str | None:
        """Write the day of a moment: `short`, `medium`, `long` or `full`."""
        at = moment(value, self.zone)
        if at is None or length not in LENGTHS:
            return None
        return format_date(at.date(), length, locale=self._locale)

    def time(self, value: Any, length: Any = "short") -> str | None:
        """Write the time of day of a moment, or of `HH:MM`: `short` or `medium`."""
        read = self._time_of_day(value)
        if read is None or length not in LENGTHS[:2]:
            return None
        return format_time(read, length, locale=self._locale)

    def plural(self, count: Any, *forms: Any) -> str | None:
        """Choose the form that the language has for this count; `#` becomes the count."""
        read = _decimal(count)
        if read is None or not all(isinstance(form, str) for form in forms):
            return None
        size = abs(read)
        exact = int(size) if size == size.to_integral_value() else size
        form: str = forms[self._which(exact, len(forms))]
        written = self.number(count) if "#" in form else ""
        return _bounded(form.replace("#", written or ""))

    def join(self, items: Any, between: Any = None) -> str | None:
        """Write the items with this between them, or as the language lists things."""
        if not isinstance(items, list | tuple) or not isinstance(between, str | None):
            return None
        said = [self.said(item) for item in items if item is not None]
        if between is not None:
            return _bounded(between.join(said))
        return _bounded(format_list(said, locale=self._locale)) if said else ""

    def upper(self, text: Any) -> str | None:
        """Write in capital letters."""
        if not isinstance(text, str):
            return None
        if self._language in _DOTTED_I:
            text = text.replace("i", "İ").replace(_DOTLESS, "I")
        return _bounded(text.upper())

    def lower(self, text: Any) -> str | None:
        """Write in small letters."""
        if not isinstance(text, str):
            return None
        if self._language in _DOTTED_I:
            text = text.replace("İ", "i").replace("I", _DOTLESS)
        return _bounded(text.lower())

    def said(self, value: Any) -> str:
        """Write any value for a person to read: nothing for null and objects."""
        match value:
            case str():
                return value
            case datetime():
                return self._moment(value)
            case timedelta():
                return format_timedelta(value, locale=self._locale)
            case list() | tuple():
                return ", ".join(self.said(item) for item in value)
            case _:
                return string(value) or ""

    def _moment(self, at: datetime) -> str:
        there = moment(at, self.zone)
        if there is None:
            return ""
        day = format_date(there.date(), "medium", locale=self._locale)
        if there.time() == time_of_day(0):
            return day
        return f"{day}, {format_time(there.time(), 'short', locale=self._locale)}"

    def _time_of_day(self, value: Any) -> time_of_day | None:
        if isinstance(value, str) and (clock := _TIME.fullmatch(value)):
            return time_of_day(int(clock[1]), int(clock[2]))
        at = moment(value, self.zone)
        return None if at is None else at.time()

    def _which(self, count: int | Decimal, forms: int) -> int:
        """Where a form is missing, the last one stands for it."""
        places = self._places.get(forms, _COMMON)
        return min(places.get(self._rule(count), forms), forms - 1)


_COMMON = {"one": 0}
"""For as many forms as the language does not ask for: one, and all others."""
_WHOLE = range(201)
"""Counts among which every form occurs that small whole numbers need."""


def plural_forms(language: str) -> tuple[tuple[str, ...], ...]:
    """Return which forms to write for `plural`: all of the language, or those of whole numbers.

    Polish has one, few, many and other, but other is only for fractions; Spanish has many for
    millions alone.
    """
    rule = _nearest(language).plural_form
    every = {*rule.tags, "other"}
    whole = {rule(count) for count in _WHOLE}
    return _in_order(every), _in_order(whole)


def _places(language: str) -> Mapping[int, Mapping[str, int]]:
    """Return where the forms stand, by how many are written down."""
    every, whole = plural_forms(language)
    return {
        len(written): {category: place for place, category in enumerate(written)}
        for written in (every, whole)
    }


def _in_order(categories: set[str]) -> tuple[str, ...]:
    return tuple(category for category in CATEGORIES if category in categories)


@lru_cache(maxsize=512)
def formats(language: str, zone: str) -> Formats:
    """Return how to write in the language (BCP 47) and time zone; English and UTC stand in."""
    try:
        return Formats(language, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Formats(language, UTC)


@lru_cache(maxsize=512)
def _nearest(language: str) -> Locale:
    while language:
        try:
            return Locale.parse(language, sep="-")
        except (ValueError, UnknownLocaleError):
            language = language.rpartition("-")[0]
    return Locale("en")


@lru_cache(maxsize=512)
def _with_digits(locale: Locale, digits: int) -> str:
    pattern: str = locale.decimal_formats[None].pattern
    whole = pattern.partition(".")[0]
    return whole + ("." + "0" * digits if digits else "")


def _decimal(value: Any) -> Decimal | None:
    match value:
        case bool():
            return None
        case int():
            read = Decimal(value)
        case float() if math.isfinite(value):
            read = Decimal(repr(value))
        case str() if _NUMBER.fullmatch(value):
            read = Decimal(value)
        case _:
            return None
    return read if abs(read) < _LARGEST else None


def _bounded(text: str) -> str | None:
    return text if len(text) <= MAX_LETTERS else None
