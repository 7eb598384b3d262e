"""Numbers, days and times of day as answers: understood, and held to the bounds of the question."""

from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.session.flows.clock import read_times
from domain.session.flows.days import read_day
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.numerals import read_number
from domain.session.flows.questions import Date, Number, Time


def judge_number(kind: Number, words: str, hearing: Hearing) -> Judgement:
    """Say whether the words are a number that the question takes."""
    number = read_number(words, hearing.languages, whole=kind.whole)
    if number is None:
        return Rejected("not-a-number")
    if kind.whole and number != number.to_integral_value():
        return Rejected("not-whole")
    low = kind.min is not None and number < Decimal(str(kind.min))
    high = kind.max is not None and number > Decimal(str(kind.max))
    if low or high:
        return Rejected("out-of-range")
    kept = number.to_integral_value() if kind.whole else number
    return Accepted(f"{kept or abs(kept):f}")


def judge_date(kind: Date, words: str, hearing: Hearing) -> Judgement:
    """Say whether the words are a day that the question takes."""
    today = hearing.at.astimezone(ZoneInfo(hearing.time_zone)).date()
    reading = read_day(words, today, hearing.languages)
    earliest = today if kind.earliest == "today" else kind.earliest or date.min
    latest = today if kind.latest == "today" else kind.latest or date.max
    fitting = [day for day in reading.days if earliest <= day <= latest]
    if not fitting:
        return Rejected("out-of-range" if reading.days else "not-a-date")
    if len(fitting) > 1 and not reading.guess:
        return Rejected("not-a-date")
    return Accepted(fitting[0].isoformat())


def judge_time(kind: Time, words: str, hearing: Hearing) -> Judgement:
    """Say whether the words are a time that the question takes."""
    meant = read_times(words, hearing.languages)
    for one in meant:
        if _is_between(one, kind.earliest or time.min, kind.latest or time.max):
            return Accepted(f"{one:%H:%M}")
    return Rejected("out-of-range" if meant else "not-a-time")


def _is_between(one: time, earliest: time, latest: time) -> bool:
    """Say whether the time is within the bounds, which may be of a night."""
    if earliest <= latest:
        return earliest <= one <= latest
    return one >= earliest or one <= latest
