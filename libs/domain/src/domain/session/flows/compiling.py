"""How an expression is written for the library that works it out.

Our own functions have an underscore there: some of the library's have the same names and come
first, such as `size`, which counts a text's bytes. And CEL adds no whole number to another one:
for that there is a second writing, in which all numbers are doubles.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import cel

from domain.session.flows.grammar import METHODS, Shape
from domain.session.flows.tokens import InvalidExpression, Token

_HEX = ("0x", "0X")
_GETTERS = frozenset(name for name in METHODS if name.startswith("get"))


def is_panic(error: BaseException) -> bool:
    """Say whether this is how a panic in Rust arrives here, which is no `Exception`."""
    return type(error).__name__ == "PanicException"


def compiled(source: str) -> cel.Program:
    """Compile; raise `InvalidExpression` with what the parser says."""
    try:
        return cel.compile(source)
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise InvalidExpression(_words(str(error))) from None


def _words(error: str) -> str:
    """Return what the parser says first, without the source and its own grammar."""
    first = error.partition("ERROR: <input>:")[2].partition("\n")[0]
    place, _, said = first.partition(": ")
    said = said.removeprefix("Syntax error: ").partition(" expecting ")[0]
    if not said or said.startswith("Incomplete"):
        return "cannot be read; is it too deeply nested?"
    letter = place.rpartition(":")[2]
    return f"cannot be read at letter {letter}: {said}".replace("'<EOF>'", "the end")


def as_written(shape: Shape) -> str:
    """Return the expression with its own kinds of numbers."""
    return _written(shape, _strictly)


def in_doubles(shape: Shape) -> str:
    """Return the expression with doubles alone, for values that went through `doubled`."""
    return _written(shape, _as_double)


def _written(shape: Shape, written: Callable[[Shape, int, Token], str]) -> str:
    return " ".join(written(shape, at, token) for at, token in enumerate(shape.tokens))


def _strictly(shape: Shape, at: int, token: Token) -> str:
    return "_" + token.text if at in shape.calls else token.text


def _as_double(shape: Shape, at: int, token: Token) -> str:
    if token.kind == "number" and not _is_index(shape.tokens, at):
        return f"{float(int(token.text, 0) if token.text[:2] in _HEX else token.text)!r}"
    called = token.text == "int" or token.text in _GETTERS
    if called and at + 1 < len(shape.tokens) and shape.tokens[at + 1].text == "(":
        return "_" + token.text
    return _strictly(shape, at, token)


def _is_index(found: tuple[Token, ...], at: int) -> bool:
    if not 1 < at < len(found) - 1 or found[at - 1].text + found[at + 1].text != "[]":
        return False
    return (found[at - 2].kind == "name" and found[at - 2].text != "in") or (
        found[at - 2].text in (")", "]")
    )


def doubled(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values and functions as `in_doubles` needs them."""
    return {**{name: _doubled(value) for name, value in known.items()}, **_IN_DOUBLES}


def _doubled(value: Any) -> Any:
    kind = type(value)
    if kind is int:
        return float(value)
    if kind is list:
        return [_doubled(item) for item in value]
    if kind is dict:
        return {name: _doubled(item) for name, item in value.items()}
    return partial(_result, value) if callable(value) else value


def _result(function: Callable[..., Any], *arguments: Any) -> Any:
    return _doubled(function(*arguments))


def _worked_out(program: cel.Program, value: Any) -> Any:
    try:
        return float(program.execute({"value": value}))
    except Exception:  # noqa: BLE001  # of what type the library's errors are is its own affair
        return None


_IN_DOUBLES: Mapping[str, Any] = {
    "_int": partial(_worked_out, cel.compile("int(value)")),
    **{
        "_" + name: partial(_worked_out, cel.compile(f"value.{name}()"))
        for name in sorted(_GETTERS)
    },
}
