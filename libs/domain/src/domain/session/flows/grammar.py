"""What an expression may consist of, so that working it out stays cheap whatever is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from domain.session.flows.functions import ARGUMENTS
from domain.session.flows.literals import check_literal
from domain.session.flows.tokens import InvalidExpression, Token, tokens

MAX_SOURCE = 1000
MAX_DEPTH = 20
"""Brackets in brackets: the parser takes some 7 KB of stack for each."""
MAX_SIGNS = 200
"""Dots, operators and opening brackets: each may be a step down for whoever works it out."""
MAX_ADDITIONS = 32
MAX_COMMAS = 100
MAX_MACROS = 8

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
"""What goes through a list."""
METHODS: Mapping[str, int] = {
    "contains": 1,
    "startsWith": 1,
    "endsWith": 1,
    "getFullYear": 0,
    "getMonth": 0,
    "getDate": 0,
    "getDayOfMonth": 0,
    "getDayOfWeek": 0,
    "getDayOfYear": 0,
    "getHours": 0,
    "getMinutes": 0,
    "getSeconds": 0,
    "getMilliseconds": 0,
}
"""What CEL itself knows behind a dot, and how many arguments each takes."""
_NATIVE: Mapping[str, tuple[int, int]] = {"has": (1, 1), "int": (1, 1), "double": (1, 1)}
_CONSTANTS = frozenset({"true", "false", "null"})
RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import"),
        *("in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void"),
        "while",
    }
)
"""No names of values in expressions: CEL keeps them for itself."""
_SPELLED: Mapping[str, str] = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "AND": "&&",
    "OR": "||",
    "NOT": "!",
}
"""How other languages write what CEL has signs for."""
_FLAT = frozenset({",", ")", "]", "}"})
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class Walk(NamedTuple):
    """One way through a list: for each item its body is worked out."""

    path: tuple[str | int, ...]
    """The list, by name and fields or indexes; none for one that is written down."""
    own: int
    """How often the body names the item."""
    others: tuple[str, ...]
    """What else it names, each as often as it does."""
    calls: int
    """How many functions it calls."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be known of an expression before it is compiled."""

    tokens: tuple[Token, ...]
    names: frozenset[str]
    """Roots of the values that it needs."""
    paths: frozenset[tuple[str, ...]]
    """The same with the fields that are named after a dot, as far as they go."""
    functions: frozenset[str]
    """Which of our functions it calls."""
    calls: Mapping[int, str]
    """At which tokens it calls them."""
    mentions: tuple[str, ...]
    """Names outside of what is done for each item of a list, each as often as it is there."""
    walks: tuple[Walk, ...]
    plurals: frozenset[int]
    """How many forms its calls of `plural` have."""
    calculates: bool
    """Whether whole and other numbers may meet in it."""


@dataclass(slots=True)
class _Bracket:
    sign: str
    start: int
    call: str = ""
    method: bool = False
    macro: bool = False
    path: tuple[str | int, ...] = ()
    bound: str = ""
    own: int = 0
    others: list[str] = field(default_factory=list)
    calls: int = 0
    arguments: list[int] = field(default_factory=list)
    """At which tokens what stands in it begins."""
    index: bool = False
    holds_macro: bool = False


@dataclass(slots=True)
class _Reader:
    found: list[Token]
    open: list[_Bracket] = field(default_factory=list)
    closed: dict[int, _Bracket] = field(default_factory=dict)
    """Brackets by the token that closes them."""
    names: set[str] = field(default_factory=set)
    paths: set[tuple[str, ...]] = field(default_factory=set)
    calls: dict[int, str] = field(default_factory=dict)
    mentions: list[str] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    plurals: set[int] = field(default_factory=set)

    def read(self) -> None:
        for at, token in enumerate(self.found):
            if token.kind == "name":
                self._name(at, token)
            elif token.kind == "number" and token.text[-1] in "uU":
                raise InvalidExpression(f"write {token.text[:-1]}, not {token.text}")
            elif token.text in _CLOSING:
                self._opens(at, token)
            elif token.text in _CLOSING.values():
                self._closes(at, token)
            elif token.text == "," and self.open:
                self.open[-1].arguments.append(at + 1)
        if self.open:
            raise InvalidExpression(f"a {self.open[-1].sign} is never closed")

    def _text(self, at: int) -> str:
        """Return the sign or name at this place; texts and numbers are never signs."""
        if not 0 <= at < len(self.found):
            return ""
        token = self.found[at]
        return token.text if token.kind in ("sign", "name") else "1"

    def _name(self, at: int, token: Token) -> None:
        name, before, after = token.text, self._text(at - 1), self._text(at + 1)
        if name in _SPELLED and self._joins(at):
            raise InvalidExpression(f"write {_SPELLED[name]}, not {name}")
        if before == "." or after == "(" or name in _CONSTANTS or name == "in":
            return
        if name.startswith("_"):
            raise InvalidExpression(f"{name}: a name begins with a small letter")
        if name in RESERVED:
            raise InvalidExpression(
                f"{name} is a word that the language keeps for itself; give the step or variable "
                "another name"
            )
        if after == "{":
            raise InvalidExpression(f"{name}{{…}}: there are no such types here")
        body = self._body()
        if body and name == body.bound:
            body.own += 1
            return
        (body.others if body else self.mentions).append(name)
        self.names.add(name)
        self.paths.add((name, *self._fields(at + 1)))

    def _joins(self, at: int) -> bool:
        """Say whether a name stands before a value, as no name can."""
        if at + 1 >= len(self.found):
            return False
        after = self.found[at + 1]
        return after.kind != "sign" or (self._is_value(at - 1) and after.text in "([!-")

    def _body(self) -> _Bracket | None:
        return next((bracket for bracket in self.open if bracket.macro), None)

    def _fields(self, at: int) -> Iterator[str]:
        while (
            self._text(at) == "."
            and self._text(at + 1).isidentifier()
            and self._text(at + 2) != "("
        ):
            yield self._text(at + 1)
            at += 2

    def _opens(self, at: int, token: Token) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise InvalidExpression(f"brackets stand in more than {MAX_DEPTH} others")
        bracket = _Bracket(token.text, at, arguments=[at + 1])
        if token.text == "[":
            bracket.index = self._is_value(at - 1)
        elif token.text == "(" and at and self.found[at - 1].kind == "name":
            self._calls(at - 1, bracket)
        self.open.append(bracket)

    def _is_value(self, at: int) -> bool:
        if at < 0:
            return False
        token = self.found[at]
        if token.kind == "sign":
            return token.text in (")", "]", "}")
        return token.text != "in"

    def _calls(self, at: int, bracket: _Bracket) -> None:
        name = self._text(at)
        if name == "in":
            return
        bracket.call, bracket.method = name, self._text(at - 1) == "."
        body = self._body()
        if body:
            body.calls += 1
        if bracket.method and name in MACROS:
            self._goes_through(at, bracket)
        elif name in ARGUMENTS:
            self.calls[at] = name
        elif name in METHODS and not bracket.method:
            raise InvalidExpression(f"write it behind a dot: value.{name}(…)")
        elif name not in METHODS and (bracket.method or name not in _NATIVE):
            raise InvalidExpression(_unknown_function(name, self.found[: at + 1]))

    def _goes_through(self, at: int, bracket: _Bracket) -> None:
        if self._body():
            raise InvalidExpression(
                f"{bracket.call} stands inside another all, exists, exists_one, map or filter; "
                "use set to work out the inner one first"
            )
        bracket.macro = True
        bracket.path = self._receiver(at - 2)
        if self._text(at + 2).isidentifier() and self._text(at + 3) == ",":
            bracket.bound = self._text(at + 2)
        for outer in self.open:
            outer.holds_macro = True

    def _receiver(self, at: int) -> tuple[str | int, ...]:
        """Check that what is gone through is of bounded length; return its path, if it has one."""
        closed = self.closed.get(at)
        if closed is not None and closed.macro:
            if closed.call == "map":
                raise InvalidExpression("map comes last; filter, all or exists can come before it")
            return closed.path
        if closed is not None and closed.sign == "[" and not closed.index:
            if closed.holds_macro:
                raise InvalidExpression("a list that is gone through may hold no all, map …")
            return ()
        return tuple(reversed(list(self._path_back(at))))

    def _path_back(self, at: int) -> Iterator[str | int]:
        while True:
            closed = self.closed.get(at)
            if closed is not None:
                yield self._constant(closed, at)
                at = closed.start - 1
                continue
            if at < 0 or self.found[at].kind != "name":
                raise InvalidExpression(_UNBOUNDED)
            yield self._text(at)
            if self._text(at - 1) != ".":
                return
            at -= 2

    def _constant(self, closed: _Bracket, end: int) -> str | int:
        inner = self.found[closed.start + 1 : end]
        if not closed.index or len(inner) != 1:
            raise InvalidExpression(_UNBOUNDED)
        if inner[0].kind == "number" and inner[0].text.isdecimal():
            return int(inner[0].text)
        written = plain_text(inner[0])
        if written is None:
            raise InvalidExpression(_UNBOUNDED)
        return written

    def _closes(self, at: int, token: Token) -> None:
        if not self.open or _CLOSING[self.open[-1].sign] != token.text:
            raise InvalidExpression(f"at letter {token.at + 1}: {token.text} closes nothing")
        bracket = self.open.pop()
        self.closed[at] = bracket
        if bracket.macro:
            others = tuple(bracket.others)
            self.walks.append(Walk(bracket.path, bracket.own, others, bracket.calls))
        elif bracket.call:
            self._called(bracket, at)

    def _called(self, bracket: _Bracket, end: int) -> None:
        begins = bracket.arguments if end > bracket.start + 1 else []
        given = len(begins) + (bracket.method and bracket.call in ARGUMENTS)
        _check_arguments(bracket.call, given)
        if bracket.call == "plural":
            self.plurals.add(given - 1)
        for position, start in enumerate(begins, given - len(begins)):
            only = self._text(start + 1) in (",", ")") and self.found[start].kind == "text"
            written = plain_text(self.found[start]) if only else None
            if written is not None:
                check_literal(bracket.call, position, written)


_UNBOUNDED = (
    "all, exists, exists_one, map and filter go through a list that has a name, such as "
    "order.items, or that is written down"
)


def _unknown_function(name: str, before: list[Token]) -> str:
    if len(before) > 1 and before[-2].text == "." and name in _NATIVE:
        return f"write {name}(value), not value.{name}()"
    near = get_close_matches(name, (*ARGUMENTS, *METHODS, *MACROS, *_NATIVE), 1)
    return f"there is no function {name}" + (f"; did you mean {near[0]}?" if near else "")


def plain_text(token: Token) -> str | None:
    """Return what a text says, unless it has escapes or is of an unusual form."""
    mark = token.text[0]
    inner = token.text[1:-1]
    if token.kind != "text" or mark not in "\"'" or "\\" in inner or inner.startswith(mark):
        return None
    return inner


def _check_arguments(name: str, given: int) -> None:
    if name in METHODS:
        least = most = METHODS[name]
    else:
        least, most = ARGUMENTS.get(name) or _NATIVE[name]
    if least <= given <= most:
        return
    wanted = str(least) if least == most else f"{least} to {most}"
    raise InvalidExpression(f"{name} takes {wanted} values, not {given}")


def read(source: str) -> Shape:
    """Say what the expression is made of; raise `InvalidExpression` where it asks for too much."""
    if len(source) > MAX_SOURCE:
        raise InvalidExpression(f"is longer than {MAX_SOURCE} letters")
    found = tokens(source)
    _count(found)
    reader = _Reader(found)
    reader.read()
    if len(reader.walks) > MAX_MACROS:
        raise InvalidExpression(f"goes through more than {MAX_MACROS} lists")
    return Shape(
        tokens=tuple(found),
        names=frozenset(reader.names),
        paths=frozenset(reader.paths),
        functions=frozenset(reader.calls.values()),
        calls=reader.calls,
        mentions=tuple(reader.mentions),
        walks=tuple(reader.walks),
        plurals=frozenset(reader.plurals),
        calculates=any(token.kind == "sign" and token.text in "+-*/%" for token in found),
    )


def _count(found: list[Token]) -> None:
    if not found:
        raise InvalidExpression("is empty")
    signs = [token.text for token in found if token.kind == "sign"]
    if sum(sign not in _FLAT for sign in signs) > MAX_SIGNS:
        raise InvalidExpression(f"has more than {MAX_SIGNS} dots, operators and brackets")
    if signs.count("+") > MAX_ADDITIONS:
        raise InvalidExpression(f"has more than {MAX_ADDITIONS} +")
    if signs.count(",") > MAX_COMMAS:
        raise InvalidExpression(f"has more than {MAX_COMMAS} commas")
