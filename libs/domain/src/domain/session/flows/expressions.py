"""Expressions in CEL: checked and compiled once, worked out within bounds, without surprises."""

import math
from collections.abc import Callable, Mapping, Sequence, Sized
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import cel

from domain.session.flows.formatting import Formats, formats
from domain.session.flows.functions import MAX_ITEMS, MAX_LETTERS
from domain.session.flows.grammar import Shape, read
from domain.session.flows.tokens import InvalidExpression, Token

Value: TypeAlias = (
    "bool | int | float | str | datetime | timedelta | Sequence[Value] | Mapping[str, Value] | None"
)
MAX_VALUES = 2000
"""Items and fields, at any depth, of one value."""
MAX_LEVELS = 8


_ENGLISH = formats("en", "UTC")


class EvaluationFailed(Exception):
    """The values do not fit what is worked out; the words name no value."""


class Expression:
    """An expression that was checked. Immutable."""

    __slots__ = ("_calls", "_mixed", "_names", "_program", "_walked", "names", "paths", "source")

    def __init__(self, source: str) -> None:
        shape = read(source)
        _compiled(source)
        self.source = source
        self.names = shape.names
        """Roots of the values that it needs."""
        self.paths = shape.paths
        """The same with their fields, as far as they are named after dots."""
        self._names = tuple(sorted(shape.names))
        self._calls = tuple(("_" + name, name) for name in sorted(shape.functions))
        self._walked = tuple(shape.walked)
        self._program = _compiled(_written(shape, _strictly))
        self._mixed = _compiled(_written(shape, _as_doubles)) if shape.mixes else None

    def evaluate(self, values: Mapping[str, Value], spoken: Formats = _ENGLISH) -> Value:
        """Work it out; a name without a value is null.

        Of what is given, lists count up to 100 items and texts up to 4,096 letters. Raises
        `EvaluationFailed`, and nothing else.
        """
        given: dict[str, Any] = {name: _given(values.get(name)) for name in self._names}
        for path in self._walked:
            _check_list(path, given)
        for called, name in self._calls:
            given[called] = spoken.functions[name]
        return _taken(self._run(given))

    def _run(self, given: dict[str, Any]) -> Any:
        """CEL adds no whole number to another one, so that is done with doubles alone."""
        try:
            return _executed(self._program, given)
        except _WrongType:
            if self._mixed is None:
                raise
        return _executed(self._mixed, _doubled(given))


@lru_cache(maxsize=4096)
def expression(source: str) -> Expression:
    """Return the expression; raise `InvalidExpression` with words for its author."""
    return Expression(source)


class _WrongType(EvaluationFailed):
    """The operation is not defined for values of these types."""


_REASONS: Mapping[type[Exception], str] = {
    KeyError: "a field is missing",
    IndexError: "a list is shorter",
    ZeroDivisionError: "division by zero",
    OverflowError: "a number or time is out of range",
}


def _executed(program: cel.Program, given: dict[str, Any]) -> Any:
    try:
        return program.execute(given)
    except TypeError:
        raise _WrongType("values of these types do not go together") from None
    except Exception as error:  # noqa: BLE001  # whatever the library meets, a flow goes on
        raise EvaluationFailed(_REASONS.get(type(error), "cannot be worked out")) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what Rust's panics are here
            raise
        raise EvaluationFailed("cannot be worked out") from None


def _compiled(source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except Exception as error:  # noqa: BLE001  # the library names no type of its own
        raise InvalidExpression(_words(str(error))) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise InvalidExpression("cannot be read") from None


def _words(error: str) -> str:
    """Return what the parser says first, without the source and its own grammar."""
    first = error.partition("ERROR: <input>:")[2].partition("\n")[0]
    place, _, said = first.partition(": ")
    said = said.removeprefix("Syntax error: ").partition(" expecting ")[0]
    if not said:
        return "cannot be read: too deeply nested"
    letter = place.rpartition(":")[2]
    return f"cannot be read at letter {letter}: {said}".replace("'<EOF>'", "the end")


def _written(shape: Shape, written: Callable[[Shape, int, Token], str]) -> str:
    return " ".join(written(shape, at, token) for at, token in enumerate(shape.tokens))


def _strictly(shape: Shape, at: int, token: Token) -> str:
    return "_" + token.text if at in shape.calls else token.text


def _as_doubles(shape: Shape, at: int, token: Token) -> str:
    if token.kind == "number" and not _is_index(shape.tokens, at):
        return f"{float(int(token.text, 0) if token.text[:2] in _HEX else token.text)!r}"
    if token.text == "int" and at + 1 < len(shape.tokens) and shape.tokens[at + 1].text == "(":
        return "_whole"
    return _strictly(shape, at, token)


_HEX = ("0x", "0X")


def _is_index(found: tuple[Token, ...], at: int) -> bool:
    around = found[at - 1].text + found[at + 1].text if 0 < at < len(found) - 1 else ""
    return around == "[]" and at > 1 and found[at - 2].kind == "name"


def _whole(value: Any) -> float | None:
    try:
        return float(int(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _doubled(given: dict[str, Any]) -> dict[str, Any]:
    doubled = {name: _as_double(value) for name, value in given.items()}
    doubled["_whole"] = _whole
    if "_size" in given:
        doubled["_size"] = lambda value: _as_double(given["_size"](value))
    return doubled


def _as_double(value: Any) -> Any:
    if type(value) is int:
        return float(value)
    if type(value) is list:
        return [_as_double(item) for item in value]
    if type(value) is dict:
        return {name: _as_double(item) for name, item in value.items()}
    return value


def _given(value: Any) -> Any:
    if value is None or type(value) in _SCALARS:
        return value
    if type(value) is str:
        return value if len(value) <= MAX_LETTERS else value[:MAX_LETTERS]
    return _copied(value, [MAX_VALUES], MAX_LEVELS)


_SCALARS = frozenset({bool, int, float, datetime, timedelta, type(None)})


def _copied(value: Any, left: list[int], levels: int) -> Any:
    """Copy what fits; a type is looked at before anything else, for there are many values."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= MAX_LETTERS else value[:MAX_LETTERS]
    if kind in _SCALARS:
        return value
    left[0] -= len(value) if isinstance(value, Sized) else 1
    if left[0] < 0 or levels < 0:
        raise EvaluationFailed("a value has too many items or fields")
    if kind is dict or isinstance(value, Mapping):
        return {name: _copied(item, left, levels - 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item, left, levels - 1) for item in value[:MAX_ITEMS]]
    return value


def _check_list(path: tuple[str | int, ...], given: Mapping[str, Any]) -> None:
    """Refuse to go through the fields of an object: CEL has no order of them."""
    value: Any = given
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return
    if isinstance(value, dict):
        raise EvaluationFailed("what is gone through is no list")


def _taken(value: Any) -> Value:
    if value is None or type(value) in (bool, int, datetime, timedelta):
        return value  # type: ignore[no-any-return]
    return _bounded(value, [MAX_VALUES], MAX_LEVELS)


def _bounded(value: Any, left: list[int], levels: int) -> Value:
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
            return [_bounded(item, left, levels - 1) for item in value]
        case dict() if all(type(name) is str for name in value):
            # CEL has no order of fields, but the same must come out every time.
            return {name: _bounded(value[name], left, levels - 1) for name in sorted(value)}
        case _:
            raise EvaluationFailed("the result is too long or of no use")
