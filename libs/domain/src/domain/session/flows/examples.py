"""Answers as examples, the longest that a question takes among them."""

from datetime import date, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, assert_never

from domain.session.flows.matching import MOST, longest_match, shortest_match
from domain.session.flows.offering import LONGEST_ID
from domain.session.flows.phones import LONGEST_NAME
from domain.session.flows.places import LONGEST_ADDRESS
from domain.session.flows.questions import (
    Choice,
    ContactCard,
    Date,
    Email,
    Files,
    Kind,
    Location,
    Number,
    Pattern,
    Phone,
    Text,
    Time,
)
from domain.session.flows.wording import in_language

_WIDE = "W"
_PHONE = "+491512345678901"
"""No country has longer ones (E.164)."""
_MOST = Decimal("999999999999999.999999999")
_STEP = Decimal("0.000000001")


def longest_example(kind: Kind, languages: tuple[str, ...] = ()) -> str:
    """Return an answer, as it is kept, of which no other is longer; at most 4096 letters.

    Of a choice it is the option with the longest title in the first of these languages that has
    it, or the longest id of options that the flow finds out.
    """
    match kind:
        case Text():
            return _WIDE * kind.max
        case Pattern():
            return longest_match(kind.matches) or _WIDE * MOST
        case Number():
            return _longest_number(kind)
        case Date():
            return _example_date(kind).isoformat()
        case Time():
            return f"{kind.latest or kind.earliest or time(23, 59):%H:%M}"
        case Phone():
            return _PHONE
        case Email():
            return f"{'w' * 64}@{'w' * 63}.{'w' * 62}.{'w' * 62}"
        case Choice():
            return _longest_option(kind, languages)
        case Location():
            return "-89.123456,-179.123456"
        case ContactCard():
            return f"{_WIDE * LONGEST_NAME}, {_PHONE}"
        case Files():
            return str(kind.max)
        case _:
            assert_never(kind)


def longest_parts(kind: Kind) -> dict[str, Any] | None:
    """Return the data beside such an answer, where it has some."""
    match kind:
        case Location():
            place = {"latitude": -89.123456, "longitude": -179.123456}
            return {**place, "name": _WIDE * LONGEST_NAME, "address": _WIDE * LONGEST_ADDRESS}
        case ContactCard():
            return {"name": _WIDE * LONGEST_NAME, "phone": _PHONE}
        case _:
            return None


def example(kind: Kind) -> str:
    """Return a usual answer as it is kept."""
    match kind:
        case Text():
            return "Example words"[: kind.max].strip().ljust(kind.min, "x")
        case Number():
            return _usual_number(kind)
        case Date():
            return _example_date(kind).isoformat()
        case Time():
            return f"{kind.earliest or kind.latest or time(9, 30):%H:%M}"
        case Phone():
            return "+15550002222"
        case Email():
            return "ana@example.org"
        case Choice():
            return kind.options[0].id if kind.options else "option"
        case Location():
            return "41.403629,2.174356"
        case ContactCard():
            return "Ben, +15550002222"
        case Files():
            return str(kind.min)
        case Pattern():
            return shortest_match(kind.matches) or longest_example(kind)
        case _:
            assert_never(kind)


def _longest_number(kind: Number) -> str:
    return max((f"{end:f}" for end in _ends(kind)), key=len)


def _usual_number(kind: Number) -> str:
    low, high = _ends(kind)
    inside = max(low, min(high, Decimal(1)))
    return f"{inside:f}"


def _ends(kind: Number) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest number, to the last figure that an answer can have."""
    step = Decimal(1) if kind.whole else _STEP
    low = -_MOST if kind.min is None else max(-_MOST, Decimal(str(kind.min)))
    high = _MOST if kind.max is None else min(_MOST, Decimal(str(kind.max)))
    return low.quantize(step, ROUND_CEILING), high.quantize(step, ROUND_FLOOR)


def _example_date(kind: Date) -> date:
    """Return a day within the bounds that are fixed; its name is as long as one can be."""
    day = date(2026, 9, 23)
    if isinstance(kind.earliest, date):
        day = max(day, kind.earliest)
    return min(day, kind.latest) if isinstance(kind.latest, date) else day


def _longest_option(kind: Choice, languages: tuple[str, ...]) -> str:
    if kind.each is not None:
        return _WIDE * LONGEST_ID
    return max(kind.options, key=lambda option: len(in_language(option.title, languages))).id
