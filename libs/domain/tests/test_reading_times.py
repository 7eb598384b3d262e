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


@pytest.mark.parametrize(
    ("said", "language", "kept"),
    [
        ("half past eight", "en", "08:30"),
        ("a quarter to nine", "en", "08:45"),
        ("quarter past 9", "en", "09:15"),
        ("ten past nine", "en", "09:10"),
        ("ten minutes to nine", "en", "08:50"),
        ("nine", "en", "09:00"),
        ("nine thirty pm", "en", "21:30"),
        ("at nine in the evening", "en", "21:00"),
        ("tonight at 8:30", "en", "20:30"),
        ("12 noon", "en", "12:00"),
        ("9:30 sharp", "en", "09:30"),
        ("9 30", "en", "09:30"),
        ("9 y 30", "es", "09:30"),
        ("nueve y diez", "es", "09:10"),
        ("half past twelve", "en", "12:30"),
        ("9 y media", "es", "09:30"),
        ("las 9", "es", "09:00"),
        ("nueve", "es", "09:00"),
        ("las 9 de la noche", "es", "21:00"),
        ("7 de la noche", "es", "19:00"),
        ("las nueve menos cuarto", "es", "08:45"),
        ("un cuarto para las nueve", "es", "08:45"),
        ("a las nueve y media p. m.", "es", "21:30"),
        ("la una y media", "es", "01:30"),
        ("doce del mediodía", "es", "12:00"),
        ("halb neun", "de", "08:30"),
        ("halb eins", "de", "12:30"),
        ("um halb neun abends", "de", "20:30"),
        ("viertel vor neun", "de", "08:45"),
        ("fünf vor halb neun", "de", "08:25"),
        ("neun", "de", "09:00"),
        ("Neun Uhr dreißig", "de", "09:30"),
        ("9 Uhr 30", "de", "09:30"),
        ("heute Abend um acht", "de", "20:00"),
        ("neuf heures et demie", "fr", "09:30"),
        ("9h moins le quart", "fr", "08:45"),
        ("9 heures 30", "fr", "09:30"),
        ("midi et demi", "fr", "12:30"),
        ("vingt et une heures", "fr", "21:00"),
        ("nove e meia", "pt", "09:30"),
        ("às nove da noite", "pt", "21:00"),
        ("quinze para as nove", "pt", "08:45"),
        ("ao meio-dia", "pt", "12:00"),
        ("nove e mezza", "it", "09:30"),
        ("le nove meno un quarto", "it", "08:45"),
        ("all'una", "it", "01:00"),
        ("alle 9 di sera", "it", "21:00"),
    ],
)
def test_a_time_is_understood_as_people_say_it(said: str, language: str, kept: str) -> None:
    assert time(said, language) == Accepted(kept)


def test_a_time_in_words_is_of_the_half_of_the_day_that_the_question_allows() -> None:
    assert time("half past three", "en", earliest="09:00", latest="17:00") == Accepted("15:30")
    assert time("halb eins", "de", earliest="22:00", latest="06:00") == Accepted("00:30")
    assert time("las 9 de la noche", "es", latest="20:00") == Rejected("out-of-range")
    assert time("quarter to midnight", "en") == Rejected("not-a-time")


def test_what_can_be_two_times_or_a_span_is_refused() -> None:
    for said in ("half eight", "ten to nine", "9-10", "9 10", "at 9 10", "twelve noon or one"):
        assert time(said, "en") == Rejected("not-a-time")
    for said in ("9 a 10", "9 y 10", "de nueve a diez", "9 o 10", "12 de la mañana", "9-10 horas"):
        assert time(said, "es") == Rejected("not-a-time")


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
    "said",
    [
        "",
        "soon",
        "24:00",
        "9:60",
        "9:5",
        "99",
        "12345",
        "9 xm",
        "9 to 10",
        "-9",
        "13:00:00",
        "9 horas 75",
        "noon noon",
    ],
)
def test_what_is_no_time_is_refused(said: str) -> None:
    assert time(said, "en") == Rejected("not-a-time")
