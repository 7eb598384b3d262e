"""A person writes a day as their language does; it is kept as year-month-day."""

# ruff: noqa: RUF001 - people write in their own script

from datetime import UTC, date, datetime
from typing import Any

import pytest
from babel import Locale
from babel.dates import format_date

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


NO_DAYS = (
    *("", "soon", "20", "November", "31/11/2026", "11/20/2026", "20 November 202", "1 2 3 march"),
    *("20 November or 21", "2026-13-01", "0.0.0", "-", "²", "in March", "20--11", "1" * 100),
)


@pytest.mark.parametrize("said", NO_DAYS)
def test_what_is_no_day_is_refused(said: str) -> None:
    assert day(said, "en") == Rejected("not-a-date")


def test_the_first_and_the_last_day_of_the_calendar_trouble_nobody() -> None:
    first = datetime(1, 1, 1, 12, tzinfo=UTC)
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)

    assert day("yesterday", "en", at=first) == Rejected("not-a-date")
    assert day("tomorrow", "en", at=last) == Rejected("not-a-date")
    assert day("1 January", "en", at=first) == Accepted("0001-01-01")
    assert day("1.1.99", "en", at=last) == Accepted("9999-01-01")
