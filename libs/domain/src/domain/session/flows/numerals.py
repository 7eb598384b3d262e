"""Numbers as people write them: with signs of their own script and marks of their language."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from domain.session.flows.lettering import in_latin_digits, locale_of
from domain.session.flows.number_words import number_words

# No exponent and few digits: an answer must not be able to grow when it is written out.
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*|[+-]?\d{1,2}(,\d{2})+,\d{3}")
"""Thousands, or lakhs and crores."""
_OTHER_MARKS = str.maketrans({"\u066b": ".", "\u066c": ",", "\u2212": "-"})
_BETWEEN_GROUPS = re.compile(r"(?<=\d)['\u2019](?=\d{3})|\s")


def read_number(
    words: str, languages: tuple[str, ...] = (), *, whole: bool = False
) -> Decimal | None:
    """Return the number that stands there in figures, or in words up to a hundred, or none.

    Where a mark can be of thousands or of decimals (1.500), the first language decides, and a
    question for a whole number takes it for thousands.
    """
    written = _BETWEEN_GROUPS.sub("", in_latin_digits(words).translate(_OTHER_MARKS))
    written = written.strip("".join(c for c in written if unicodedata.category(c) == "Sc"))
    mark = _group_mark(languages[0] if languages else None)
    plain = _without_groups(written, mark, whole=whole).replace(",", ".")
    if _NUMBER.fullmatch(plain):
        return Decimal(plain)
    spelled = number_words(languages).number(words)
    return None if spelled is None else Decimal(spelled)


def _without_groups(written: str, mark: str, *, whole: bool) -> str:
    """Take out the marks between thousands where they are some."""
    if "." in written and "," in written:
        decimal = "." if written.rindex(".") > written.rindex(",") else ","
        before, _, after = written.rpartition(decimal)
        return f"{before.translate(_NO_MARKS)}.{after}" if _GROUPED.fullmatch(before) else "?"
    if not (grouped := _GROUPED.fullmatch(written)):
        return written
    several = written.count(".") + written.count(",") > 1
    led_by_zero = written.lstrip("+-").startswith("0")
    of_thousands = several or (not led_by_zero and (whole or grouped[1] == mark))
    return written.translate(_NO_MARKS) if of_thousands else written


_NO_MARKS = str.maketrans("", "", ".,")


@lru_cache(maxsize=256)
def _group_mark(language: str | None) -> str:
    locale = locale_of(language) if language else None
    return str(locale.number_symbols["latn"]["group"]) if locale else ""
