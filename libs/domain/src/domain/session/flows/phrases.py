"""Texts with placeholders, as in `You sent {{ plural(n, "# photo", "# photos") }}`."""

import re
from functools import lru_cache
from typing import Protocol, TypeAlias

from domain.session.flows.expressions import Expression, InvalidExpression, Value, expression
from domain.session.flows.formatting import Formats

MAX_PLACEHOLDERS = 50

# A text within the braces may hold braces itself.
_PLACEHOLDER = re.compile(
    r"""\{\{((?:[^"'}]|\}(?!\})|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*)\}\}""", re.DOTALL
)
_NAME = re.compile(r"\s*([a-z][a-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)\s*")


class Values(Protocol):
    """What is known while a text is filled in."""

    def result(self, checked: Expression) -> Value:
        """Work an expression out; null where that fails."""

    def spoken(self, name: str) -> str:
        """Return it as a person reads it; fields stand behind dots."""

    @property
    def formats(self) -> Formats:
        """How numbers, times and plurals are written for the person."""


class Name(str):
    """A placeholder that only names something: it is written as a person reads it."""

    __slots__ = ()


Part: TypeAlias = "str | Name | Expression"


class Phrase:
    """A text and where the values go. Immutable."""

    __slots__ = ("names", "parts", "paths", "plurals")

    def __init__(self, text: str) -> None:
        self.parts = _parts(text)
        self.paths: frozenset[tuple[str, ...]] = frozenset().union(
            *(_paths(part) for part in self.parts)
        )
        """Names and fields that it needs."""
        self.names = frozenset(path[0] for path in self.paths)
        self.plurals: frozenset[int] = frozenset().union(
            *(part.plurals for part in self.parts if isinstance(part, Expression))
        )
        """How many forms its calls of `plural` have."""

    def fill(self, values: Values) -> str:
        """Put the values in; nothing where one cannot be worked out. Never raises."""
        return "".join([_said(part, values) for part in self.parts])


@lru_cache(maxsize=4096)
def phrase(text: str) -> Phrase:
    """Return the phrase; raise `InvalidExpression` with words for its author."""
    return Phrase(text)


def named(formula: str) -> str | None:
    """Return the name, with fields behind dots, if that is all that the expression is."""
    found = _NAME.fullmatch(formula)
    if found is None or found[1] in _NO_NAMES:
        return None
    return found[1]


_NO_NAMES = frozenset({"true", "false", "null", "in"})


def _parts(text: str) -> tuple[Part, ...]:
    if text.count("{{") > MAX_PLACEHOLDERS:
        raise InvalidExpression(f"has more than {MAX_PLACEHOLDERS} placeholders")
    parts: list[Part] = []
    end = 0
    for placeholder in _PLACEHOLDER.finditer(text):
        parts.append(_literal(text[end : placeholder.start()]))
        parts.append(_placeholder(placeholder[1]))
        end = placeholder.end()
    parts.append(_literal(text[end:]))
    return tuple(part for part in parts if part != "")


def _literal(text: str) -> str:
    if "{{" in text or "}}" in text:
        raise InvalidExpression("a placeholder is {{ opened and closed }} like this")
    return text


def _placeholder(written: str) -> Part:
    name = named(written)
    if name is not None:
        return Name(name)
    try:
        return expression(written.strip())
    except InvalidExpression as error:
        raise InvalidExpression(f"{{{{{written}}}}}: {error}") from None


def _paths(part: Part) -> frozenset[tuple[str, ...]]:
    if isinstance(part, Expression):
        return part.paths
    return frozenset({tuple(part.split("."))}) if isinstance(part, Name) else frozenset()


def _said(part: Part, values: Values) -> str:
    if isinstance(part, Name):
        return values.spoken(part)
    if isinstance(part, str):
        return part
    return values.formats.said(values.result(part))
