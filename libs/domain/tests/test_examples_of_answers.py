"""An author's question has examples; with the longest the texts that name it are checked."""

from typing import Any

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from domain.session.flows.examples import example, longest_example
from domain.session.flows.matching import longest_match, shortest_match
from domain.session.flows.steps import Ask


def longest(*languages: str, **kind: Any) -> str:
    return longest_example(Ask.model_validate({"id": "q", "ask": "?", **kind}).kind, languages)


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        ({"text": {"max": 80}}, 80),
        ({"pattern": {"matches": "[A-Z]{2}-[0-9]{6}"}}, 9),
        ({"pattern": {"matches": "[A-Z]+"}}, 4096),
        ({"number": {"min": 1, "max": 10, "whole": True}}, 2),
        ({"number": {"min": 1, "max": 10}}, len("10.000000000")),
        ({"number": {}}, len("-999999999999999.999999999")),
        ({"date": {}}, 10),
        ({"time": {}}, 5),
        ({"phone": {}}, 16),
        ({"email": {}}, 254),
        ({"location": {}}, len("-89.123456,-179.123456")),
        ({"contact": {}}, 100 + 2 + 16),
        ({"files": {"kinds": ["pdf"], "max": 10}}, 2),
        ({"choice": {"each": {"of": "found"}}}, 100),
    ],
)
def test_no_answer_is_longer_than_the_longest_example(kind: dict[str, Any], length: int) -> None:
    assert len(longest(**kind)) == length


def test_the_longest_option_is_that_with_the_longest_title_in_the_language() -> None:
    options = [
        {"id": "a", "title": {"en": "A", "de": "Schaden am Wasserrohr"}},
        {"id": "b", "title": {"en": "Water", "de": "B"}},
    ]

    assert longest("de", choice={"options": options}) == "a"
    assert longest("en", "de", choice={"options": options}) == "b"


PATTERNS = [
    (r"[A-Z]{2}-\d{1,6}", "WW-0", "WW-000000"),
    (r"(?:ab|c)?x", "x", "abx"),
    (r"(?i)yes|no", "no", "yes"),
    (r"(?P<area>\d{3})[ -]?(\d{4})", "0000000", "000-0000"),
    (r"\x41\.\Q[a]\E", "A.[a]", "A.[a]"),
    (r"^[^\]a-z]{0,2}$", "", "WW"),
    (r"[[:digit:]]{2}\pL{1,2}?", "00W", "00WW"),
    (r"(a{2}){3}", "aaaaaa", "aaaaaa"),
    (r"\p{Greek}[\w.]", "\u0370W", "\u0370W"),
]


@pytest.mark.parametrize(("pattern", "short", "long"), PATTERNS)
def test_a_pattern_says_what_it_matches(pattern: str, short: str, long: str) -> None:
    assert shortest_match(pattern) == short
    assert longest_match(pattern) == long


@pytest.mark.parametrize("pattern", ["a*", "a+", "a{2,}", "(a{1000}){5}", ".*"])
def test_a_pattern_without_end_has_no_longest_match(pattern: str) -> None:
    assert longest_match(pattern) is None


bounded = st.recursive(
    st.sampled_from(["a", "[A-Z]", r"\d", r"\.", "[^x]", "é", r"\w", "[0-9-]"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, st.integers(0, 3), st.integers(0, 3)).map(
            lambda one: f"(?:{one[0]}){{{one[1]},{one[1] + one[2]}}}"
        ),
        inner.map(lambda one: f"({one})?"),
    ),
    max_leaves=6,
)


@given(bounded, st.data())
def test_no_match_is_longer_or_shorter_than_those(pattern: str, data: st.DataObject) -> None:
    short, long = shortest_match(pattern), longest_match(pattern)
    assert short is not None
    assert long is not None

    length = data.draw(st.integers(0, len(long) + 3))
    fits = re2.fullmatch(f"(?:{pattern})", long)
    assert fits
    for letter in "aW0.é-":
        if re2.fullmatch(pattern, letter * length):
            assert len(short) <= length <= len(long)


@given(st.text(st.sampled_from(r"ab[]()|*+?{}1,\dpQE^$.-:"), max_size=12))
def test_whatever_is_no_pattern_has_no_match(written: str) -> None:
    try:
        re2.compile(written)
    except re2.error:
        return

    for found in (shortest_match(written), longest_match(written)):
        assert found is None or re2.fullmatch(written, found)


def test_an_example_of_a_pattern_matches_it() -> None:
    step = Ask.model_validate({"id": "q", "ask": "?", "pattern": {"matches": "[A-Z]{2}-[0-9]+"}})

    assert example(step.kind) == "WW-0"
