"""How numbers, money, days, times and plural forms read in a language and a time zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.session.flows.formatting import Formats, formats, plural_forms

SUMMER = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
BLANKS = str.maketrans("\xa0\u202f", "  ")


def written(language: str, function: str, *arguments: Any, zone: str = "UTC") -> str | None:
    text = formats(language, zone).functions[function](*arguments)
    return text.translate(BLANKS) if isinstance(text, str) else text


@pytest.mark.parametrize(
    ("language", "number", "money"),
    [
        ("en", "1,234,567.891", "€1,234,567.89"),
        ("es", "1.234.567,891", "1.234.567,89 €"),
        ("de", "1.234.567,891", "1.234.567,89 €"),
        ("pl", "1 234 567,891", "1 234 567,89 €"),
        ("hi", "12,34,567.891", "€12,34,567.89"),
    ],
)
def test_numbers_and_money_read_as_the_language_writes_them(
    language: str, number: str, money: str
) -> None:
    assert written(language, "number", 1234567.891) == number
    assert written(language, "money", 1234567.891, "EUR") == money


def test_the_digits_after_the_point_can_be_said() -> None:
    assert written("en", "number", 1234.5, 2) == "1,234.50"
    assert written("hi", "number", 1234567, 1) == "12,34,567.0"
    assert written("de", "number", 2.5, 0) == "2"
    assert written("en", "money", 1234.5, "JPY") == "¥1,234"


def test_numbers_that_are_kept_as_text_are_numbers() -> None:
    assert written("de", "number", "1234.50") == "1.234,5"
    assert written("de", "money", "7", "USD") == "7,00 $"


@pytest.mark.parametrize(
    ("language", "lengths"),
    [
        ("en", ["7/1/26", "Jul 1, 2026", "July 1, 2026", "Wednesday, July 1, 2026"]),
        ("en-GB", ["01/07/2026", "1 Jul 2026", "1 July 2026", "Wednesday, 1 July 2026"]),
        (
            "es",
            ["1/7/26", "1 jul 2026", "1 de julio de 2026", "miércoles, 1 de julio de 2026"],
        ),
    ],
)
def test_a_day_reads_as_long_as_wanted(language: str, lengths: list[str]) -> None:
    wanted = ("short", "medium", "long", "full")
    assert [written(language, "date", "2026-07-01", one) for one in wanted] == lengths
    assert written(language, "date", "2026-07-01") == lengths[1]


def test_a_moment_reads_as_the_clocks_of_the_zone_show_it() -> None:
    assert written("en", "time", SUMMER, zone="Europe/Madrid") == "2:05 PM"
    assert written("es", "time", SUMMER, zone="Europe/Madrid") == "14:05"
    late = SUMMER.replace(hour=23)
    assert written("en", "date", late, zone="Europe/Madrid") == "Jul 2, 2026"
    assert written("en", "date", "2026-07-01T23:00:00Z", zone="Europe/Madrid") == "Jul 2, 2026"


def test_a_time_of_day_is_in_no_zone() -> None:
    assert written("es", "time", "14:05", zone="Asia/Tokyo") == "14:05"
    assert written("en", "time", "00:30") == "12:30 AM"


@pytest.mark.parametrize(
    ("language", "forms", "counts"),
    [
        ("en", ("# photo", "# photos"), {0: "0 photos", 1: "1 photo", 1.5: "1.5 photos"}),
        ("fr", ("# photo", "# photos"), {0: "0 photo", 1: "1 photo", 2: "2 photos"}),
        ("es", ("# foto", "# fotos"), {1: "1 foto", 2: "2 fotos", 1_000_000: "1.000.000 fotos"}),
        (
            "es",
            ("# foto", "# de fotos", "# fotos"),
            {1: "1 foto", 2: "2 fotos", 1_000_000: "1.000.000 de fotos"},
        ),
        (
            "pl",
            ("# plik", "# pliki", "# plików", "# pliku"),
            {1: "1 plik", 3: "3 pliki", 5: "5 plików", 22: "22 pliki", 1.5: "1,5 pliku"},
        ),
        ("pl", ("# plik", "# pliki", "# plików"), {1: "1 plik", 2: "2 pliki", 112: "112 plików"}),
        (
            "ar",
            ("z #", "o #", "t #", "f #", "m #", "x #"),
            {0: "z 0", 1: "o 1", 2: "t 2", 5: "f 5", 11: "m 11", 100: "x 100"},
        ),
        ("ar", ("o #", "x #"), {0: "x 0", 1: "o 1", 2: "x 2", 11: "x 11"}),
        ("ja", ("# 枚",), {1: "1 枚", 2: "2 枚"}),
    ],
)
def test_the_form_is_the_one_that_the_language_has_for_the_count(
    language: str, forms: tuple[str, ...], counts: dict[float, str]
) -> None:
    assert {count: written(language, "plural", count, *forms) for count in counts} == counts


def test_a_count_that_is_kept_as_text_or_as_a_double_chooses_the_same_form() -> None:
    counts: list[Any] = [1, 1.0, "1", "1.0", -1]
    assert {formats("en", "UTC").plural(one, "a photo", "photos") for one in counts} == {"a photo"}


def test_authors_can_be_told_which_forms_to_write() -> None:
    assert plural_forms("en") == (("one", "other"), ("one", "other"))
    assert plural_forms("pl") == (("one", "few", "many", "other"), ("one", "few", "many"))
    assert plural_forms("es") == (("one", "many", "other"), ("one", "other"))
    assert len(plural_forms("ar")[1]) == 6


def test_things_are_listed_as_the_language_lists_them_or_with_a_given_sign() -> None:
    things = ["a", 2, 3.0, None, True]
    assert written("en", "join", things, "; ") == "a; 2; 3; true"
    assert written("en", "join", things) == "a, 2, 3, and true"
    assert written("es", "join", ["a", "b"]) == "a y b"
    assert written("es", "join", []) == ""


def test_capital_letters_are_those_of_the_language() -> None:
    assert (written("en", "upper", "izmir"), written("tr", "upper", "izmir")) == ("IZMIR", "İZMİR")
    assert (written("en", "lower", "ISI"), written("tr", "lower", "ISI")) == (
        "isi",
        "\u0131s\u0131",
    )


def test_any_value_can_be_read() -> None:
    said = formats("en", "Europe/Madrid").said
    values: list[Any] = [None, True, 4, 4.0, 4.5, "x", {}]
    assert [said(one) for one in values] == ["", "true", "4", "4", "4.5", "x", ""]
    assert said(SUMMER).translate(BLANKS) == "Jul 1, 2026, 2:05 PM"
    assert said(datetime(2026, 6, 30, 22, tzinfo=UTC)) == "Jul 1, 2026"
    assert said(timedelta(hours=2)) == "2 hours"
    assert said(["a", 1]) == "a, 1"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("number", ("many",)),
        ("number", (True,)),
        ("number", (1, 20)),
        ("money", (1, "euro")),
        ("money", (None, "EUR")),
        ("date", ("1.7.2026",)),
        ("date", (None,)),
        ("date", ("2026-02-30",)),
        ("date", (SUMMER, "huge")),
        ("time", ("25:00",)),
        ("plural", ("many", "a", "b")),
        ("plural", (1, None)),
        ("join", ("text", ", ")),
        ("upper", (1,)),
        ("timestamp", ("soon",)),
    ],
)
def test_what_cannot_be_written_is_null(function: str, arguments: tuple[Any, ...]) -> None:
    assert written("en", function, *arguments) is None


def test_an_unknown_region_reads_as_its_language_and_an_unknown_language_as_english() -> None:
    assert written("es-XX", "number", 1.5) == "1,5"
    assert written("xx", "number", 1.5) == "1.5"
    assert written("en", "time", SUMMER, zone="Nowhere/Town") == "12:05 PM"


anything = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.timedeltas()),
    *(st.datetimes(timezones=st.none() | st.just(UTC)), st.lists(st.text()), st.just({"a": 1})),
    st.sampled_from(("EUR", "2026-07-01", "14:05", "9999-12-31T23:59:59Z", "0001-01-01", "1e9")),
)
places = st.builds(
    formats,
    st.sampled_from(("en", "es", "pl", "ar", "he", "ja", "pt-BR", "zh-Hant", "xx")),
    st.sampled_from(("UTC", "America/New_York", "Pacific/Kiritimati", "Africa/Monrovia")),
)


@given(
    place=places,
    function=st.sampled_from(sorted(formats("en", "UTC").functions)),
    arguments=st.lists(anything, min_size=2, max_size=7),
)
def test_whatever_a_function_is_given_it_answers_in_bounds(
    place: Formats, function: str, arguments: list[Any]
) -> None:
    taken = {"plural": len(arguments), "matches": 2, "money": 2}.get(function, 1)
    result = place.functions[function](*arguments[:taken])
    assert not isinstance(result, str) or len(result) <= 4096


@given(place=places, value=anything)
def test_whatever_is_to_be_read_is_text(place: Formats, value: Any) -> None:
    assert isinstance(place.said(value), str)


@given(
    language=st.sampled_from(("en", "es", "fr", "pl", "ru", "cs", "ar", "cy", "he", "lv", "ja")),
    count=st.integers(0, 10**9) | st.floats(0, 10**6),
    forms=st.integers(1, 6),
)
def test_every_count_has_one_of_the_forms(language: str, count: float, forms: int) -> None:
    names = [f"form {number}" for number in range(forms)]
    assert formats(language, "UTC").plural(count, *names) in names


@given(language=st.sampled_from(("en", "es", "fr", "pl", "ar")), count=st.integers(0, 200))
def test_small_counts_need_no_more_than_the_forms_of_whole_numbers(
    language: str, count: int
) -> None:
    every, whole = plural_forms(language)
    spoken = formats(language, "UTC")
    assert spoken.plural(count, *every) == spoken.plural(count, *whole)
