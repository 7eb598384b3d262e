"""Expressions in CEL: checked and compiled once, worked out within bounds, without surprises."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cel

from domain.session.flows.bounding import EvaluationFailed, Value, given, taken
from domain.session.flows.compiling import as_written, compiled, doubled, in_doubles, is_panic
from domain.session.flows.formatting import Formats, formats
from domain.session.flows.functions import MAX_ITEMS
from domain.session.flows.grammar import read
from domain.session.flows.tokens import InvalidExpression

__all__ = ["EvaluationFailed", "Expression", "InvalidExpression", "Value", "expression"]

BUDGET = 30_000
"""What one expression may weigh: each value as often as it is used."""
CALL = 10
"""The weight of a function that is called."""
FEW = 16
"""So often any values may be used."""

_ENGLISH = formats("en", "UTC")


class Expression:
    """An expression that was checked. Immutable."""

    __slots__ = (
        "_calls",
        "_in_doubles",
        "_mentions",
        "_program",
        "_walks",
        "names",
        "needs",
        "paths",
        "plurals",
        "source",
    )

    def __init__(self, source: str) -> None:
        shape = read(source)
        compiled(source)  # so that what the parser complains of is where the author wrote it
        self.source = source
        self.names = shape.names
        """Roots of the values that it needs."""
        self.paths = shape.paths
        """The same with their fields, as far as they are named after dots."""
        self.needs = _needs(shape.paths)
        """Which fields of each it needs; none named where it needs the whole."""
        self.plurals = shape.plurals
        """How many forms its calls of `plural` have."""
        self._calls = tuple(("_" + name, name) for name in sorted(shape.functions))
        self._mentions = shape.mentions if len(shape.mentions) > FEW or shape.walks else ()
        self._walks = shape.walks
        self._program = compiled(as_written(shape))
        self._in_doubles = compiled(in_doubles(shape)) if shape.calculates else None

    def evaluate(self, values: Mapping[str, Value], spoken: Formats = _ENGLISH) -> Value:
        """Work it out; a name without a value is null.

        Of what is given, lists count up to 100 items and texts up to 4,096 letters. Raises
        `EvaluationFailed`, and nothing else.
        """
        known: dict[str, Any] = {}
        weights: dict[str, int] = {}
        for name, fields in self.needs.items():
            known[name], weights[name] = given(_part(values.get(name), fields))
        if self._mentions or self._walks:
            self._check_cost(known, weights)
        for called, name in self._calls:
            known[called] = spoken.functions[name]
        try:
            return taken(_executed(self._program, known))
        except _WrongType:
            if self._in_doubles is None:
                raise
        return taken(_executed(self._in_doubles, doubled(known)))

    def _check_cost(self, known: Mapping[str, Any], weights: Mapping[str, int]) -> None:
        cost = sum(weights[name] for name in self._mentions)
        for walk in self._walks:
            _check_list(walk.path, known)
            item = weights[str(walk.path[0])] if walk.path else sum(weights.values())
            others = sum(weights[name] for name in walk.others)
            cost += walk.own * item + MAX_ITEMS * (others + walk.calls * CALL)
        if cost > BUDGET:
            raise EvaluationFailed("too much would be worked out")


@lru_cache(maxsize=4096)
def expression(source: str) -> Expression:
    """Return the expression; raise `InvalidExpression` with words for its author."""
    return Expression(source)


class _WrongType(EvaluationFailed):
    """The operation is not defined for values of these types."""


_REASONS: Mapping[type[BaseException], str] = {
    KeyError: "a field is missing",
    IndexError: "a list is shorter",
    ZeroDivisionError: "division by zero",
    OverflowError: "a number or time is out of range",
}


def _executed(program: cel.Program, known: dict[str, Any]) -> Any:
    try:
        return program.execute(known)
    except TypeError:
        raise _WrongType("values of these types do not go together") from None
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise EvaluationFailed(_REASONS.get(type(error), "cannot be worked out")) from None


def _needs(paths: frozenset[tuple[str, ...]]) -> Mapping[str, frozenset[str]]:
    needs: dict[str, frozenset[str]] = {}
    for name in sorted({path[0] for path in paths}):
        its = [path[1:2] for path in paths if path[0] == name]
        needs[name] = frozenset(field for one in its for field in one if all(its))
    return needs


def _part(value: Any, fields: frozenset[str]) -> Any:
    if fields and isinstance(value, Mapping):
        value = {name: value[name] for name in fields if name in value}
    return value


def _check_list(path: tuple[str | int, ...], known: Mapping[str, Any]) -> None:
    """Refuse to go through the fields of an object: CEL has no order of them."""
    value: Any = known if path else None
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return
    if isinstance(value, dict):
        raise EvaluationFailed("what is gone through is no list")
