"""How much goes into an expression and comes out of it."""

import math
from collections.abc import Mapping, Sequence, Sized
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from domain.session.flows.functions import LONGEST, MAX_ITEMS, MAX_LETTERS

Value: TypeAlias = (
    "bool | int | float | str | datetime | timedelta | Sequence[Value] | Mapping[str, Value] | None"
)
MAX_VALUES = 2000
"""Items and fields, at any depth, of one value."""
MAX_LEVELS = 8


class EvaluationFailed(Exception):
    """The values do not fit what is worked out; the words name no value."""


_FREE = frozenset({bool, int, float, datetime, type(None)})
"""Types of which every value may go in."""


def given(value: Any) -> Any:
    """Return as much of a value as an expression sees: 100 items, 4,096 letters.

    Raises `EvaluationFailed` where it is no JSON value or time, or too deep to be looked into.
    """
    return _given(value, [MAX_VALUES], MAX_LEVELS)


def _given(value: Any, left: list[int], levels: int) -> Any:
    kind = type(value)  # there may be many: what is cheap to tell comes first
    if kind in _FREE:
        return value
    if kind is str:
        return value if len(value) <= MAX_LETTERS else value[:MAX_LETTERS]
    left[0] -= len(value) if isinstance(value, Sized) else 1
    if left[0] < 0 or levels < 0:
        raise EvaluationFailed("a value has too many items or fields")
    if kind is dict or isinstance(value, Mapping):
        return {name: _given(item, left, levels - 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_given(item, left, levels - 1) for item in value[:MAX_ITEMS]]
    if kind is timedelta and abs(value) <= LONGEST:
        return value
    raise EvaluationFailed("a value is none of JSON's, nor a time")


def taken(value: Any) -> Value:
    """Return what came out; raise `EvaluationFailed` where it is too much or no such value."""
    return _taken(value, [MAX_VALUES], MAX_LEVELS)


def _taken(value: Any, left: list[int], levels: int) -> Value:
    left[0] -= 1
    if left[0] < 0 or levels < 0:
        raise EvaluationFailed("the result has too many items or fields")
    match value:
        case None | bool() | int() | datetime() | timedelta():
            return value
        case float() if math.isfinite(value):
            return value
        case str() if len(value) <= MAX_LETTERS:
            return value
        case list() if len(value) <= MAX_ITEMS:
            return [_taken(item, left, levels - 1) for item in value]
        case dict() if all(type(name) is str for name in value):
            # CEL has no order of fields, but the same must come out every time.
            return {name: _taken(value[name], left, levels - 1) for name in sorted(value)}
        case _:
            raise EvaluationFailed("the result is too long or of no use")
