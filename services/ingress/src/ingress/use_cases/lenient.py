"""Reads values as WhatsApp really sends them: numbers as text, absent as empty, lists missing."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]

_ID_LENGTH = 512
_CLOCK_SKEW = 24 * 60 * 60
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""
_FLAGS = {"true": True, "false": False}


class Unreadable(Exception):
    """A part that cannot be understood: `reason` is a code, `path` leads to it from the part."""

    def __init__(self, path: str, reason: str = "unreadable") -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


def text(value: object) -> str | None:
    """Return text, also of a whole number; None for anything else and for empty text."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def identifier(value: object) -> str | None:
    """Return an id, or None for what is too long to be one."""
    found = value if isinstance(value, str) else text(value)
    return found if found and len(found) <= _ID_LENGTH else None


def required(value: str | None, path: str) -> str:
    """Return the value, or raise Unreadable."""
    if value is None:
        raise Unreadable(path)
    return value


def whole_number(value: object) -> int | None:
    """Return a whole number of sensible size, also when it came as text."""
    found = text(value)
    if found is None or len(found) > 18:  # noqa: PLR2004 what surely fits 64 bits
        return None
    try:
        return int(found)
    except ValueError:
        return None


def number(value: object) -> float | None:
    """Return a finite number, also when it came as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object, otherwise: datetime) -> datetime:
    """Return unix seconds as a time; `otherwise` for what is absent, no time or in the future."""
    seconds = whole_number(value)
    if seconds is None or not 0 < seconds <= otherwise.timestamp() + _CLOCK_SKEW:
        return otherwise
    return datetime.fromtimestamp(seconds, UTC)


def instant(value: object) -> datetime | None:
    """Return unix seconds as a time, which may lie ahead; None for what is none."""
    seconds = whole_number(value)
    if seconds is None or not 0 < seconds <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def flag(value: object) -> bool | None:
    """Return yes or no, also when it came as text; None for anything else."""
    if isinstance(value, bool):
        return value
    return _FLAGS.get(value) if isinstance(value, str) else None


def part(whole: JsonObject, name: str) -> JsonObject:
    """Return the object under `name`; an empty one where there is none."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def objects(value: object) -> Iterator[JsonObject]:
    """Yield the objects of a list, if it is one."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
