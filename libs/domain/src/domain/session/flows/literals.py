"""What authors write down in a function's brackets can be checked before anybody waits for it."""

from collections.abc import Callable, Mapping

from babel.numbers import list_currencies

from domain.session.flows.formatting import LENGTHS
from domain.session.flows.functions import duration, moment, pattern_error
from domain.session.flows.tokens import InvalidExpression


def _currency(written: str) -> str | None:
    if written in list_currencies():
        return None
    return f"{written!r} is no currency; write its code, such as EUR"


def _length_of_date(written: str) -> str | None:
    return None if written in LENGTHS else f"a date is {', '.join(LENGTHS[:-1])} or {LENGTHS[-1]}"


def _length_of_time(written: str) -> str | None:
    return None if written in LENGTHS[:2] else "a time is short or medium"


def _span(written: str) -> str | None:
    if duration(written) is not None:
        return None
    return f"{written!r} is no length of time, such as 90s, 1h30m or 7d"


def _moment(written: str) -> str | None:
    if moment(written) is not None:
        return None
    return f"{written!r} is no time, such as 2026-11-23 or 2026-11-23T12:00:00Z"


_CHECKS: Mapping[tuple[str, int], Callable[[str], str | None]] = {
    ("money", 1): _currency,
    ("date", 1): _length_of_date,
    ("time", 1): _length_of_time,
    ("duration", 0): _span,
    ("timestamp", 0): _moment,
    ("matches", 1): pattern_error,
}


def check_literal(function: str, position: int, written: str) -> None:
    """Raise `InvalidExpression` where the function can make nothing of this text."""
    check = _CHECKS.get((function, position))
    complaint = check(written) if check else None
    if complaint:
        raise InvalidExpression(complaint)
