"""A person writes a time of day as their language does; it is kept as hours and minutes."""

from datetime import UTC, datetime
from datetime import time as clock_time

import pytest
from babel import Locale
from babel.dates import format_time

from domain.messages import InboundText
from domain.session.flows.answers import judge
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.steps import Ask


def time(said: str, *languages: str, **bounds: str) -> Judgement:
    step = Ask.model_validate({"id": "q", "ask": "?", "time": bounds})
    return judge(
        step, InboundText(text=said), Hearing(datetime(2026, 11, 23, tzinfo=UTC), languages)
    )


@pytest.mark.parametrize(
    ("said", "language", "kept"),
    [
        ("9", "en", "09:00"),
        ("9:30", "en", "09:30"),
        ("9.30", "de", "09:30"),
        ("0930", "en", "09:30"),
        ("21h30", "fr", "21:30"),
        ("21 Uhr", "de", "21:00"),
        ("um 21:30 Uhr", "de", "21:30"),
        ("at 9 o'clock", "en", "09:00"),
        ("a las 9", "es", "09:00"),
        ("9 pm", "en", "21:00"),
        ("9PM", "es", "21:00"),
        ("9 p. m.", "es", "21:00"),
        ("9:15 de la noche", "es", "21:15"),
        ("9 de la mañana", "es", "09:00"),
        ("下午3点", "zh", "15:00"),
        ("午後3時", "ja", "15:00"),
        ("오후 3시", "ko", "15:00"),
        ("९:३०", "hi", "09:30"),
        ("12 am", "en", "00:00"),
        ("12 pm", "en", "12:00"),
        ("12", "en", "12:00"),
        ("0:05", "en", "00:05"),
        ("noon", "en", "12:00"),
        ("Mitternacht", "de", "00:00"),
        ("mediodía", "es", "12:00"),
    ],
)
def test_a_time_is_understood_as_the_language_writes_it(
    said: str, language: str, kept: str
) -> None:
    assert time(said, language) == Accepted(kept)


@pytest.mark.parametrize(
    "language", ["ar", "bn", "da", "de", "en", "en-US", "es", "fi", "fr-CA", "hi", "ko", "th", "zh"]
)
@pytest.mark.parametrize("kept", ["09:05", "21:30", "00:15", "12:00"])
def test_a_time_is_understood_as_our_own_texts_write_it(language: str, kept: str) -> None:
    locale = Locale.parse(language, sep="-")
    written = format_time(clock_time.fromisoformat(kept), "short", locale=locale)

    assert time(written, language) == Accepted(kept)


def test_three_is_in_the_afternoon_where_the_question_is_for_the_day() -> None:
    assert time("3", "en", earliest="09:00", latest="17:00") == Accepted("15:00")
    assert time("3:30", "en", earliest="09:00", latest="17:00") == Accepted("15:30")
    assert time("03:30", "en", earliest="09:00", latest="17:00") == Rejected("out-of-range")
    assert time("3 am", "en", earliest="09:00", latest="17:00") == Rejected("out-of-range")


def test_bounds_can_be_those_of_a_night() -> None:
    night = {"earliest": "22:00", "latest": "06:00"}

    assert time("23:00", "en", **night) == Accepted("23:00")
    assert time("5", "en", **night) == Accepted("05:00")
    assert time("12:00", "en", **night) == Rejected("out-of-range")


def test_a_bound_is_written_as_it_looks_and_not_as_yaml_counts() -> None:
    of_yaml = {"earliest": 9 * 60, "latest": 17 * 60 + 30}
    step = Ask.model_validate({"id": "q", "ask": "?", "time": of_yaml})

    assert step.time
    assert (str(step.time.earliest), str(step.time.latest)) == ("09:00:00", "17:30:00")


@pytest.mark.parametrize(
    "said", ["", "soon", "24:00", "9:60", "9:5", "99", "12345", "9 xm", "9 to 10", "-9", "13:00:00"]
)
def test_what_is_no_time_is_refused(said: str) -> None:
    assert time(said, "en") == Rejected("not-a-time")
