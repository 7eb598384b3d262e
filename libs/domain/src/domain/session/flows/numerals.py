"""Numbers as people write them: with signs of their own script and marks of their language."""

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

from domain.session.flows.lettering import in_latin_digits, locale_of

# No exponent and few digits: an answer must not be able to grow when it is written out.
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*|[+-]?\d{1,2}(,\d{2})+,\d{3}")
"""Thousands, or lakhs and crores."""
_OTHER_MARKS = str.maketrans({"\u066b": ".", "\u066c": ",", "\u2212": "-"})
_BETWEEN_GROUPS = re.compile(r"(?<=\d)['\u2019](?=\d{3})|\s")


def read_number(words: str, language: str | None, *, whole: bool = False) -> Decimal | None:
    """Return the number that stands there, or none.

    Where a mark can be of thousands or of decimals (1.500), the language decides, and a question
    for a whole number takes it for thousands.
    """
    written = _BETWEEN_GROUPS.sub("", in_latin_digits(words).translate(_OTHER_MARKS))
    written = written.strip("".join(c for c in written if unicodedata.category(c) == "Sc"))
    plain = _without_groups(written, _group_mark(language), whole=whole).replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


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
