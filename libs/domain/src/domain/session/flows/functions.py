"""The functions of expressions that are the same in every language and time zone."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

import re2

MAX_LETTERS = 4096
MAX_ITEMS = 100
MAX_PATTERN = 200
LONGEST = timedelta(days=100_000)
"""Of lengths of time: so no sum of them leaves the calendar."""

ARGUMENTS: Mapping[str, tuple[int, int]] = {
    "size": (1, 1),
    "string": (1, 1),
    "matches": (2, 2),
    "timestamp": (1, 1),
    "duration": (1, 1),
    "number": (1, 2),
    "money": (2, 2),
    "date": (1, 2),
    "time": (1, 2),
    "plural": (2, 7),
    "join": (1, 2),
    "upper": (1, 1),
    "lower": (1, 1),
}
"""How many values each function takes at least and at most.

Given something that it cannot use, a function gives null: none raises.
"""

_SPANS = re.compile(r"-?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h|d))+")
_SPAN = re.compile(r"([0-9.]+)(ms|s|m|h|d)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def size(value: Any) -> int | None:
    """Count letters, items or fields; null has none."""
    if value is None:
        return 0
    return len(value) if isinstance(value, str | list | tuple | dict) else None


def string(value: Any) -> str | None:
    """Write a value as other systems read it: times as ISO 8601, yes and no as true and false."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds():g}s"
        case _:
            return None


_EXACT = 2.0**53
"""Beyond it a double may not be the whole number that was meant."""


def matches(text: Any, pattern: Any) -> bool | None:
    """Find an RE2 pattern anywhere in the text."""
    if not isinstance(text, str) or not isinstance(pattern, str):
        return None
    compiled = _pattern(pattern)
    return None if isinstance(compiled, str) else compiled.search(text) is not None


def pattern_error(pattern: str) -> str | None:
    """Say what RE2 cannot read in a pattern, if anything."""
    compiled = _pattern(pattern)
    return compiled if isinstance(compiled, str) else None


_SILENT = re2.Options()
_SILENT.log_errors = False  # the pattern may hold what a person wrote


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:
    """Return the compiled pattern, or words about what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern is longer than {MAX_PATTERN} letters"
    try:
        return re2.compile(pattern, _SILENT)
    except (re2.error, UnicodeEncodeError):
        return "the pattern is no regular expression that RE2 knows"


def duration(written: Any) -> timedelta | None:
    """Read a length of time as in `90s`, `1h30m` or `7d`."""
    if isinstance(written, timedelta):
        return written
    if not isinstance(written, str) or not _SPANS.fullmatch(written):
        return None
    parts: dict[str, float] = {}
    for number, unit in _SPAN.findall(written):
        parts[_UNITS[unit]] = parts.get(_UNITS[unit], 0) + float(number)
    try:
        length = timedelta(**parts)
    except OverflowError:
        return None
    if length > LONGEST:
        return None
    return -length if written[0] == "-" else length


def moment(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """Read a time or a day, which begins at 00:00 in the zone; none where it is neither."""
    if isinstance(value, datetime):
        return in_zone(value, zone)
    if not isinstance(value, str) or len(value) > len("2026-11-23T12:00:00.000000+00:00"):
        return None
    try:
        if _DAY.fullmatch(value):
            return day_begins(date.fromisoformat(value), zone)
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return in_zone(read, zone)


def in_zone(at: datetime, zone: tzinfo) -> datetime | None:
    """Return the same moment with the zone's offset at that time, which is all that CEL takes."""
    try:
        there = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
        offset = there.utcoffset()
        there.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    if offset is None or offset.microseconds:
        return None
    return there.replace(tzinfo=timezone(offset))


def day_begins(day: date, zone: tzinfo) -> datetime | None:
    """Return 00:00 of the day in the zone."""
    return in_zone(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001  # in_zone adds it


EVERYWHERE: Mapping[str, Callable[..., Any]] = {
    "size": size,
    "string": string,
    "matches": matches,
    "duration": duration,
}
