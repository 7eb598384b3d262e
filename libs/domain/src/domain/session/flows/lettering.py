"""Letters, digits and languages of whichever script, brought to one form."""

import re
import unicodedata
from functools import lru_cache

from babel import Locale, UnknownLocaleError

_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f]")
"""Accents, and the points and signs of Hebrew and Arabic, which people leave out."""


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale | None:
    """Return what is known of the language, or none of one that nobody knows."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def in_latin_digits(text: str) -> str:
    """Return the text with the digits 0 to 9, whichever script they were in."""
    if text.isascii():
        return text
    usual = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in usual)


def folded(text: str) -> str:
    """Return the words as they compare where people leave out accents and write in capitals."""
    if not text.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        seen = "".join(c for c in bare if unicodedata.category(c) != "Cf")
        text = unicodedata.normalize("NFC", seen)
    return " ".join(text.casefold().split()).strip(".!?")


def squeezed(text: str) -> str:
    """Return the folded text without blanks, dots and apostrophes: p. m., i dag, o'clock."""
    return re.sub(r"[\s.'\u2019]", "", folded(text))
