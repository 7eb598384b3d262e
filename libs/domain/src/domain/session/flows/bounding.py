"""How much goes into an expression and comes out of it."""

import math
from collections.abc import Mapping, Sequence, Sized
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from domain.session.flows.functions import LONGEST, MAX_ITEMS, MAX_LETTERS

Value: TypeAlias = (
    "bool | int | float | str | datetime | timedelta | Sequence[Value] | Mapping[str, Value] | None"
)
MAX_WEIGHT = 4000
"""Of one value: its items and fields at any depth, and its letters by 64."""
MAX_LEVELS = 8
LETTERS = 64


class EvaluationFailed(Exception):
    """The values do not fit what is worked out; the words name no value."""


_FREE = frozenset({bool, int, float, datetime, type(None)})
"""Types of which every value may go in."""


def given(value: Any) -> tuple[Any, int]:
    """Return as much of a value as an expression sees, and how much that weighs.

    Lists count up to 100 items, texts up to 4,096 letters. Raises `EvaluationFailed` where it is
    neither a JSON value nor a time, or too much.
    """
    if type(value) in _FREE:
        return value, 1
    left = [MAX_WEIGHT]
    seen = _given(value, left, MAX_LEVELS)
    return seen, 1 + MAX_WEIGHT - left[0]


def _given(value: Any, left: list[int], levels: int) -> Any:
    kind = type(value)  # there may be many: what is cheap to tell comes first
    if kind in _FREE:
        return value
    if kind is str:
        if len(value) < LETTERS:
            return value
        left[0] -= min(len(value), MAX_LETTERS) // LETTERS
        return value[:MAX_LETTERS]
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
    return _taken(value, [MAX_WEIGHT], MAX_LEVELS)


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
