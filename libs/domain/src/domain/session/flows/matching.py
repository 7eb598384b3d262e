"""Words that an author's pattern (RE2) matches: the fewest, and the most."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

_ATOM = re.compile(
    r"""(?P<nothing>\^|\$|\\[AzbB])
    | (?P<flags>\(\?[imsU-]+\))
    | (?P<group>\((?:\?(?:P?<\w+>|[imsU-]*:))?)
    | (?P<quoted>\\Q.*?(?:\\E|$))
    | (?P<one>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]
        | \\p\{\^?\w+\} | \\x\{[0-9A-Fa-f]+\} | \\x[0-9A-Fa-f]{2} | \\[pP]\w | \\.
        | [^()|*+?\\])""",
    re.VERBOSE | re.DOTALL,
)
_TIMES = re.compile(r"([*+?]|\{(\d+)(,?)(\d*)\})\??")
_LIKELY = "WM0Za1-_ .,@/:é中"
_ALL = "".join(map(chr, range(0x20, 0x2000)))
MOST = 4096
"""Letters; a pattern that has longer matches counts as one without end."""


class _Endless(Exception):
    """There is no longest match, or this reader does not understand the pattern."""


def longest_match(pattern: str) -> str | None:
    """Return a longest match, or none where there is no end to them or it is not understood."""
    return _match(pattern, longest=True)


def shortest_match(pattern: str) -> str | None:
    """Return a shortest match, or none where the pattern is not understood."""
    return _match(pattern, longest=False)


@lru_cache(maxsize=1024)
def _match(pattern: str, *, longest: bool) -> str | None:
    reader = _Reader(pattern, longest=longest)
    try:
        found = reader.alternatives()
    except _Endless:
        return None
    return found if reader.at == len(pattern) and re2.fullmatch(pattern, found) else None


class _Reader:
    """Reads a pattern from left to right and writes down a match."""

    def __init__(self, pattern: str, *, longest: bool) -> None:
        self.pattern, self.longest, self.at = pattern, longest, 0

    def alternatives(self) -> str:
        """Read up to the end of the group; choose among what stands between bars."""
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        return max(found, key=len) if self.longest else min(found, key=len)

    def _sequence(self) -> str:
        found = "".join(self._pieces())
        if len(found) > MOST:
            raise _Endless
        return found

    def _pieces(self) -> Iterator[str]:
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            yield self._atom()

    def _atom(self) -> str:
        read = _ATOM.match(self.pattern, self.at)
        if read is None:
            raise _Endless
        self.at = read.end()
        if read["group"]:
            inner = self.alternatives()
            if not self._take(")"):
                raise _Endless
            return self._times(inner)
        if read["quoted"]:
            return read["quoted"][2:].removesuffix(r"\E")
        return self._times(_letter(read["one"])) if read["one"] else ""

    def _times(self, inner: str) -> str:
        read = _TIMES.match(self.pattern, self.at)
        if read is None:
            return inner
        self.at = read.end()
        least, most = _bounds(read)
        if not self.longest or not inner:
            return inner * least
        if most is None or len(inner) * most > MOST:
            raise _Endless
        return inner * most

    def _take(self, sign: str) -> bool:
        found = self.pattern.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found


def _bounds(read: re.Match[str]) -> tuple[int, int | None]:
    match read[1]:
        case "?":
            return 0, 1
        case "*":
            return 0, None
        case "+":
            return 1, None
        case _:
            least = int(read[2])
            most = int(read[4]) if read[4] else None
            return least, most if read[3] else least


@lru_cache(maxsize=1024)
def _letter(one: str) -> str:
    """Return a letter that this class, escape or letter of a pattern stands for."""
    try:
        compiled: Any = re2.compile(one)
    except re2.error:
        raise _Endless from None
    found = next((letter for letter in _LIKELY + _ALL if compiled.fullmatch(letter)), None)
    if found is None:
        raise _Endless
    return found
