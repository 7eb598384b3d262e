"""A person writes a day as their language does; it is kept as year-month-day."""

# ruff: noqa: RUF001 - people write in their own script

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from babel import Locale
from babel.dates import format_date, format_timedelta

from domain.messages import InboundText
from domain.session.flows.answers import judge
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.steps import Ask

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAST: dict[str, Any] = {"earliest": "1920-01-01", "latest": "today"}
FUTURE: dict[str, Any] = {"earliest": "today"}


def day(said: str, *languages: str, at: datetime = MONDAY, **bounds: Any) -> Judgement:
    step = Ask.model_validate({"id": "q", "ask": "?", "date": bounds})
    return judge(step, InboundText(text=said), Hearing(at, languages))


EVERY_LANGUAGE = (
    *("af", "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fil"),
    *("fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv", "ml", "mr"),
    *("ms", "nb", "nl", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "te"),
    *("th", "tr", "uk", "ur", "vi", "zh", "zu"),
)
FIGURES = [
    ("2026/11/20", "en"),
    ("20/11/2026", "en"),
    ("11/20/2026", "en-US"),
    ("20.11.2026", "en-US"),
    ("20-11-26", "es"),
    ("20.11.", "de"),
    ("20. 11. 2026", "de"),
    ("26/11/20", "ja"),
    ("2026年11月20日", "ja"),
    ("11月20日", "zh"),
    ("2026년 11월 20일", "ko"),
    ("٢٠/١١/٢٠٢٦", "ar"),
    ("２０２６－１１－２０", "ja"),
]
NAMES = [
    ("20 November", "en"),
    ("Nov 20, 2026", "en"),
    ("the 20th of november 2026", "en"),
    ("Friday, 20 November 2026", "en"),
    ("20 de noviembre de 2026", "es"),
    ("20 nov", "es"),
    ("20 de novembro", "pt-BR"),
    ("20 novembre 2026", "fr"),
    ("20. November 2026", "de"),
    ("20 ноября 2026 г.", "ru"),
    ("20 listopada 2026", "pl"),
    ("20 Kasım 2026", "tr"),
    ("20 نوفمبر 2026", "ar"),
    ("20 नवंबर 2026", "hi"),
    ("ngày 20 tháng 11 năm 2026", "vi"),
    ("20 พฤศจิกายน 2026", "th"),
    ("20 בנובמבר 2026", "he"),
    ("20 листопада 2026 р.", "uk"),
    ("sexta-feira, 20 de novembro de 2026", "pt"),
    ("शुक्रवार, 20 नवंबर 2026", "hi"),
    ("2026年11月20日金曜日", "ja"),
    ("2026년 11월 20일 금요일", "ko"),
    ("20 11 2026", "es"),
    ("20 Nov 26", "en"),
]


@pytest.mark.parametrize(("said", "language"), [*FIGURES, *NAMES])
def test_a_day_is_understood_as_the_language_writes_it(said: str, language: str) -> None:
    assert day(said, language, **PAST) == Accepted("2026-11-20")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Yesterday", "en"),
        ("ayer", "es"),
        ("ontem", "pt-BR"),
        ("hier", "fr"),
        ("gestern", "de"),
        ("ieri", "it"),
        ("i går", "da"),
        ("igår", "sv"),
        ("dün", "tr"),
        ("вчера", "ru"),
        ("أمس", "ar"),
        ("امس", "ar"),
        ("昨天", "zh"),
        ("きのう", "ja"),
        ("어제", "ko"),
        ("hôm qua", "vi"),
        ("kemarin", "id"),
        ("jana", "sw"),
        ("yesterday", "xx"),
    ],
)
def test_yesterday_has_a_word_in_every_language(said: str, language: str) -> None:
    assert day(said, language) == Accepted("2026-11-22")


@pytest.mark.parametrize("language", [*EVERY_LANGUAGE, "pt-PT", "fr-CA", "zh-Hant", "en-US"])
@pytest.mark.parametrize("length", ["medium", "long"])
def test_a_day_is_understood_as_our_own_texts_write_it(language: str, length: Any) -> None:
    written = format_date(date(2026, 11, 20), length, locale=Locale.parse(language, sep="-"))

    assert day(written, language) == Accepted("2026-11-20")


def test_an_accent_that_was_left_out_changes_nothing() -> None:
    assert day("manana", "es") == day("Mañana", "es") == Accepted("2026-11-24")
    assert day("3 marz 2026", "de") == Accepted("2026-03-03")


def test_words_of_any_language_of_the_flow_are_understood() -> None:
    assert day("mañana", "de", "es") == Accepted("2026-11-24")


def test_a_word_for_two_days_is_the_one_that_the_question_allows() -> None:
    assert day("कल", "hi", **PAST) == Accepted("2026-11-22")
    assert day("कल", "hi", **FUTURE) == Accepted("2026-11-24")
    assert day("कल", "hi") == Rejected("not-a-date")


@pytest.mark.parametrize("said", ["Thursday", "thu"])
def test_a_day_of_the_week_is_the_next_or_the_last_one_as_the_question_allows(said: str) -> None:
    assert day(said, "en", **PAST) == Accepted("2026-11-19")
    assert day(said, "en", **FUTURE) == Accepted("2026-11-26")
    assert day(said, "en") == Rejected("not-a-date")


def test_a_day_without_year_is_the_nearest_that_the_question_allows() -> None:
    assert day("30 November", "en") == Accepted("2026-11-30")
    assert day("30 November", "en", **PAST) == Accepted("2025-11-30")
    assert day("3 January", "en", **FUTURE) == Accepted("2027-01-03")
    assert day("29 February", "en", **FUTURE) == Accepted("2028-02-29")


def test_a_year_of_two_figures_is_the_nearest_that_the_question_allows() -> None:
    assert day("3.4.85", "de") == Accepted("1985-04-03")
    assert day("3.4.30", "de", **PAST) == Accepted("1930-04-03")
    assert day("3.4.30", "de", **FUTURE) == Accepted("2030-04-03")


def test_today_is_that_of_the_flows_time_zone() -> None:
    step = Ask.model_validate({"id": "q", "ask": "?", "date": {}})
    late = Hearing(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), ("en",), "Europe/Madrid")

    assert judge(step, InboundText(text="today"), late) == Accepted("2026-11-24")


NEXT_FRIDAY = [
    ("next friday", "en"),
    ("Coming Friday", "en"),
    ("el próximo viernes", "es"),
    ("proximo viernes", "es"),
    ("el viernes que viene", "es"),
    ("nächsten Freitag", "de"),
    ("am kommenden Freitag", "de"),
    ("vendredi prochain", "fr"),
    ("próxima sexta-feira", "pt"),
    ("na sexta que vem", "pt-BR"),
    ("il prossimo venerdì", "it"),
]
ON_FRIDAY = [
    ("on friday", "en"),
    ("for Friday", "en"),
    ("el viernes", "es"),
    ("para el viernes", "es"),
    ("am Freitag", "de"),
    ("le vendredi", "fr"),
    ("na sexta", "pt"),
    ("sexta feira", "pt"),
    ("di venerdì", "it"),
]
THIS_FRIDAY = [
    ("this friday", "en"),
    ("este viernes", "es"),
    ("diesen Freitag", "de"),
    ("ce vendredi", "fr"),
    ("nesta sexta", "pt"),
    ("questo venerdì", "it"),
]
LAST_FRIDAY = [
    ("last friday", "en"),
    ("el viernes pasado", "es"),
    ("letzten Freitag", "de"),
    ("vendredi dernier", "fr"),
    ("sexta passada", "pt"),
    ("venerdì scorso", "it"),
]


@pytest.mark.parametrize(("said", "language"), NEXT_FRIDAY)
def test_next_friday_is_the_first_one_after_today(said: str, language: str) -> None:
    assert day(said, language) == day(said, language, **FUTURE) == Accepted("2026-11-27")
    assert day(said, language, **PAST) == Rejected("out-of-range")
    assert day(said, language, at=datetime(2026, 11, 27, tzinfo=UTC)) == Accepted("2026-12-04")


@pytest.mark.parametrize(("said", "language"), LAST_FRIDAY)
def test_last_friday_is_the_latest_one_before_today(said: str, language: str) -> None:
    assert day(said, language) == day(said, language, **PAST) == Accepted("2026-11-20")
    assert day(said, language, **FUTURE) == Rejected("out-of-range")


@pytest.mark.parametrize(("said", "language"), ON_FRIDAY)
def test_words_before_a_day_of_the_week_leave_its_meaning_to_the_bounds(
    said: str, language: str
) -> None:
    assert day(said, language, **PAST) == Accepted("2026-11-20")
    assert day(said, language, **FUTURE) == Accepted("2026-11-27")
    assert day(said, language) == Rejected("not-a-date")


@pytest.mark.parametrize(("said", "language"), THIS_FRIDAY)
def test_this_friday_is_yet_to_come_where_the_question_allows(said: str, language: str) -> None:
    saturday = datetime(2026, 11, 28, tzinfo=UTC)

    assert day(said, language) == Accepted("2026-11-27")
    assert day(said, language, at=datetime(2026, 11, 27, tzinfo=UTC)) == Accepted("2026-11-27")
    assert day(said, language, **PAST) == Accepted("2026-11-20")
    # On Saturday it can be yesterday as well.
    assert day(said, language, at=saturday) == Rejected("not-a-date")
    assert day(said, language, at=saturday, **FUTURE) == Accepted("2026-12-04")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("in 3 days", "en"),
        ("in three days", "en"),
        ("dentro de 3 días", "es"),
        ("en tres dias", "es"),
        ("in drei Tagen", "de"),
        ("dans 3 jours", "fr"),
        ("daqui a três dias", "pt"),
        ("fra 3 giorni", "it"),
        ("za 3 dni", "pl"),
        ("через 3 дня", "ru"),
        ("خلال ٣ أيام", "ar"),
        ("3日後", "ja"),
        ("3 gün sonra", "tr"),
        ("thursday 26th", "en"),
        ("for the 26th", "en"),
    ],
)
def test_days_are_counted_from_today(said: str, language: str) -> None:
    assert day(said, language) == Accepted("2026-11-26")


@pytest.mark.parametrize(
    ("said", "language", "kept"),
    [
        ("3 days ago", "en", "2026-11-20"),
        ("hace dos semanas", "es", "2026-11-09"),
        ("in einer Woche", "de", "2026-11-30"),
        ("in a week", "en", "2026-11-30"),
        ("il y a un jour", "fr", "2026-11-22"),
        ("خلال يومين", "ar", "2026-11-25"),
        ("in 999 days", "en", "2029-08-18"),
    ],
)
def test_weeks_and_days_ago_are_counted_too(said: str, language: str, kept: str) -> None:
    assert day(said, language) == Accepted(kept)


@pytest.mark.parametrize("language", EVERY_LANGUAGE)
@pytest.mark.parametrize("count", [2, 5, 21])
def test_days_from_now_are_understood_as_every_language_writes_them(
    language: str, count: int
) -> None:
    written = format_timedelta(
        timedelta(days=count), "day", threshold=1000, add_direction=True, locale=language
    )

    assert day(written, language) == Accepted(str(MONDAY.date() + timedelta(days=count)))


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("the 24th", "en"),
        ("24th", "en"),
        ("on the 24th", "en"),
        ("el 24", "es"),
        ("el día 24", "es"),
        ("am 24.", "de"),
        ("le 24", "fr"),
        ("dia 24", "pt"),
        ("il 24", "it"),
        ("24日", "ja"),
    ],
)
def test_a_day_of_the_month_is_the_next_one_that_the_question_allows(
    said: str, language: str
) -> None:
    in_march: dict[str, Any] = {"earliest": "2027-03-01", "latest": "2027-03-31"}

    assert day(said, language) == day(said, language, **FUTURE) == Accepted("2026-11-24")
    assert day(said, language, **PAST) == Accepted("2026-10-24")
    assert day(said, language, **in_march) == Accepted("2027-03-24")


def test_a_day_of_the_month_is_one_that_the_month_has() -> None:
    assert day("the 31st", "en", **FUTURE) == Accepted("2026-12-31")
    assert day("the 23rd", "en", **FUTURE) == Accepted("2026-11-23")
    assert day("le 1er", "fr", **FUTURE) == Accepted("2026-12-01")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Friday the 27th", "en"),
        ("viernes 27", "es"),
        ("am Freitag, den 27.", "de"),
        ("vendredi 27", "fr"),
        ("sexta-feira, dia 27", "pt"),
        ("venerdì 27", "it"),
    ],
)
def test_a_day_of_the_week_with_another_of_the_month_is_refused(said: str, language: str) -> None:
    assert day(said, language, **FUTURE) == Accepted("2026-11-27")
    assert day(said.replace("27", "28"), language, **FUTURE) == Rejected("not-a-date")


def test_a_name_of_a_month_and_of_a_day_of_the_week_is_the_month_beside_a_number() -> None:
    assert day("mar 24", "es", **FUTURE) == Accepted("2027-03-24")
    assert day("24 mar", "fr", **FUTURE) == Accepted("2027-03-24")


def test_figures_are_turned_round_where_only_that_is_a_day() -> None:
    assert day("12/24", "en") == Accepted("2026-12-24")
    assert day("24/12", "en-US") == Accepted("2026-12-24")
    assert day("11/20/2026", "es") == Accepted("2026-11-20")
    assert day("12/11", "en") == Accepted("2026-11-12")
    assert day("12.24.", "en") == Rejected("not-a-date")


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("tonight", "en"),
        ("esta noche", "es"),
        ("heute Abend", "de"),
        ("ce soir", "fr"),
        ("hoje à noite", "pt"),
        ("stasera", "it"),
    ],
)
def test_tonight_is_today(said: str, language: str) -> None:
    assert day(said, language) == Accepted("2026-11-23")


def test_a_day_with_its_number_in_words_is_understood() -> None:
    assert day("veinticuatro de diciembre", "es", **FUTURE) == Accepted("2026-12-24")
    assert day("le vingt-quatre décembre", "fr", **FUTURE) == Accepted("2026-12-24")


NO_DAYS = (
    *("", "soon", "20", "November", "31/11/2026", "11.20.2026", "20 November 202", "1 2 3 march"),
    *("20 November or 21", "2026-13-01", "0.0.0", "-", "²", "in March", "20--11", "1" * 100),
    *(
        "the one",
        "next week",
        "the 32nd",
        "31/2",
        "2/31",
        "in 3 or 4 days",
        "3 days",
        "Friday 28th",
    ),
    *("in 999 years", "the 24th or the 25th", "next", "on", "am 24. oder 25.", "a friday in march"),
)


@pytest.mark.parametrize("said", NO_DAYS)
def test_what_is_no_day_is_refused(said: str) -> None:
    assert day(said, "en") == Rejected("not-a-date")


def test_the_first_and_the_last_day_of_the_calendar_trouble_nobody() -> None:
    first = datetime(1, 1, 1, 12, tzinfo=UTC)
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)

    assert day("yesterday", "en", at=first) == Rejected("not-a-date")
    assert day("tomorrow", "en", at=last) == Rejected("not-a-date")
    assert day("last friday", "en", at=first) == Rejected("not-a-date")
    assert day("in 3 days", "en", at=last) == Rejected("not-a-date")
    assert day("the 30th", "en", at=last) == Accepted("9999-12-30")
    assert day("el 1", "es", at=first, **PAST) == Rejected("out-of-range")
    assert day("1 January", "en", at=first) == Accepted("0001-01-01")
    assert day("1.1.99", "en", at=last) == Accepted("9999-01-01")
