"""The words and signs of which an expression is made."""

import re
from typing import NamedTuple


class InvalidExpression(ValueError):
    """An expression that cannot be used; the words are for its author."""


class Token(NamedTuple):
    """One word or sign as it is written."""

    kind: str
    """`name`, `number`, `text` or `sign`."""
    text: str
    at: int
    """Where it begins, from 0."""


_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|//[^\n]*)
  | (?P<bytes>(?:[bB][rR]?|[rR][bB])["'])
  | (?P<text>[rR](?:'{3}[\s\S]*?'{3}|"{3}[\s\S]*?"{3}|'[^'\n]*'|"[^"\n]*")
            |'{3}(?:\\[\s\S]|[^\\])*?'{3}|"{3}(?:\\[\s\S]|[^\\])*?"{3}
            |'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
  | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:[0-9]*\.)?[0-9]+(?:[eE][+-]?[0-9]+)?)[uU]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>&&|\|\||[=!<>]=|[-+*/%!?:<>().,\[\]{}])
    """,
    re.VERBOSE,
)


def tokens(source: str) -> list[Token]:
    """Return what the expression is made of; raise `InvalidExpression` at an unknown sign."""
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise InvalidExpression(_unknown(source, at))
        kind = str(match.lastgroup)
        if kind == "bytes":
            raise InvalidExpression('a text is written "like this", without a b before it')
        if kind != "blank":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return found


def _unknown(source: str, at: int) -> str:
    sign = source[at]
    if sign in "\"'":
        return f"the text that begins at letter {at + 1} has no closing {sign}"
    if sign in "=&|":
        return f"at letter {at + 1}: write {sign * 2}, not {sign}"
    return f"at letter {at + 1}: {sign} has no meaning here"
