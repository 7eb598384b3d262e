"""A person writes a number as their language does; it is kept with a point and no groups."""

# ruff: noqa: RUF001 - people write in their own script

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.messages import InboundText
from domain.session.flows.answers import judge
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.number_words import number_words
from domain.session.flows.steps import Ask


def number(said: str, *languages: str, **bounds: Any) -> Judgement:
    step = Ask.model_validate({"id": "q", "ask": "?", "number": bounds})
    return judge(
        step, InboundText(text=said), Hearing(datetime(2026, 11, 23, tzinfo=UTC), languages)
    )


@pytest.mark.parametrize(
    ("said", "language", "kept"),
    [
        ("1.500", "es", "1500"),
        ("1.500", "en", "1.500"),
        ("1,500", "es", "1.500"),
        ("1,500", "en", "1500"),
        ("1.5", "es", "1.5"),
        ("1,5", "en", "1.5"),
        ("0.500", "es", "0.500"),
        ("1.234.567", "en", "1234567"),
        ("1.234.567,89", "en", "1234567.89"),
        ("1,234,567.89", "de", "1234567.89"),
        ("12,34,567", "hi", "1234567"),
        ("1'500.50", "de-CH", "1500.50"),
        ("1 500,50", "fr", "1500.50"),
        ("1\u202f500", "fr", "1500"),
        ("١٬٥٠٠٫٥", "ar", "1500.5"),
        ("१२", "hi", "12"),
        ("１２", "ja", "12"),
        ("\u22125", "en", "-5"),
        ("€ 25", "es", "25"),
        ("25$", "en", "25"),
        ("-0", "en", "0"),
    ],
)
def test_a_number_is_understood_as_the_language_writes_it(
    said: str, language: str, kept: str
) -> None:
    assert number(said, language) == Accepted(kept)


@pytest.mark.parametrize(
    ("said", "language", "kept"),
    [
        ("four", "en", "4"),
        ("Twenty-five", "en", "25"),
        ("a hundred", "en", "100"),
        ("cuatro", "es", "4"),
        ("veintidós", "es", "22"),
        ("treinta y una", "es", "31"),
        ("cien", "es", "100"),
        ("fünf", "de", "5"),
        ("fuenf", "de", "5"),
        ("einunddreissig", "de", "31"),
        ("quatre", "fr", "4"),
        ("vingt et un", "fr", "21"),
        ("soixante-quinze", "fr", "75"),
        ("quatre-vingt-dix-neuf", "fr", "99"),
        ("septante deux", "fr-BE", "72"),
        ("duas", "pt", "2"),
        ("vinte e três", "pt", "23"),
        ("ventuno", "it", "21"),
        ("quarantotto", "it", "48"),
        ("four", "xx", "4"),
    ],
)
def test_a_whole_number_up_to_a_hundred_may_be_in_words(
    said: str, language: str, kept: str
) -> None:
    assert number(said, language) == number(said, language, whole=True) == Accepted(kept)


def test_number_words_of_any_language_of_the_flow_count() -> None:
    assert number("vier", "es", "de") == Accepted("4")
    assert number("vier", "es") == Rejected("not-a-number")
    assert number("once", "es", min=1, max=10) == Rejected("out-of-range")


def test_no_number_word_means_another_number_in_another_language() -> None:
    languages = ("en", "es", "de", "fr", "it", "pt")
    for one in languages:
        for word, meant in number_words((one,)).numbers.items():
            for other in languages:
                assert number_words((other,)).numbers.get(word, meant) == meant


def test_where_a_whole_number_is_asked_for_the_mark_is_of_thousands() -> None:
    assert number("1.500", "en", whole=True) == Accepted("1500")
    assert number("1,500", "es", whole=True) == Accepted("1500")
    assert number("3.0", "en", whole=True) == Accepted("3")
    assert number("3.5", "en", whole=True) == Rejected("not-whole")


@pytest.mark.parametrize(
    "said",
    [
        "1,23,4",
        "1.2.3",
        "1,5.0,0",
        "1..5",
        "1,",
        ".5.",
        "$",
        "5 €/h",
        "½",
        "-four",
        "four or five",
        "first",
    ],
)
def test_what_is_no_number_is_refused(said: str) -> None:
    assert number(said, "en") == Rejected("not-a-number")


def test_bounds_are_compared_as_they_are_written() -> None:
    assert number("0.1", "en", min=0.1, max=0.1) == Accepted("0.1")
    assert number("0.10000001", "en", max=0.1) == Rejected("out-of-range")
