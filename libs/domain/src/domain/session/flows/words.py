"""Words as people write them, and as they compare."""

import unicodedata
from functools import lru_cache

_ZERO_WIDTH_JOINER = "\u200d"
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_AT_THE_EDGES = _BLANKS + _ZERO_WIDTH_JOINER
MAX_WORDS = 4096
"""Longer than WhatsApp lets anybody write (Meta, text messages)."""


def visible(text: str) -> str:
    """Return the text without control and format characters, which nobody sees or means."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(
        char
        for char in text
        if char in ("\n", _ZERO_WIDTH_JOINER) or unicodedata.category(char) not in _UNSEEN
    )
    return kept.strip(_AT_THE_EDGES)


def one_line(text: str | None, most: int) -> str | None:
    """Return what is seen of the text on one line and of this length at most, if anything."""
    line = " ".join(visible(text or "").split())
    return visible(line[:most]) or None


def plain(text: str) -> str:
    """Return the words as they compare: without case, extra blanks and closing punctuation."""
    return " ".join(visible(text).casefold().split()).rstrip(".!?")


@lru_cache(maxsize=4096)
def ways_to_say(*words: str) -> frozenset[str]:
    """Return the words of a flow as they compare; a person's words never come here."""
    return frozenset(plain(word) for word in words)
