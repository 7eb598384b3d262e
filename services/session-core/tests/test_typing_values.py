"""What is typed for a flow: words and JSON by name, and what was looked up."""

from typing import Any
from uuid import UUID

import pytest

from domain.values import LookupId
from session_core.handlers.terminal_words import UnclearWords, lookup_answer, variables
from session_core.use_cases.operating import LookupAnswer

ASKED = LookupId(UUID(int=7))
ANA = "15550001111"


def test_a_value_is_words_and_with_a_colon_json() -> None:
    typed = ["order=17", "note=a=b", "empty=", "total:=49.9", 'items:=["lamp"]', "urgent:=true"]

    assert variables(typed) == {
        "order": "17",
        "note": "a=b",
        "empty": "",
        "total": 49.9,
        "items": ["lamp"],
        "urgent": True,
    }
    assert variables([]) == {}


@pytest.mark.parametrize(
    "typed", [ANA, f"order:={ANA}x", "order:=", 'order:="\\ud800"', f"order:={'[' * 9999}"]
)
def test_what_is_no_value_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(UnclearWords, match="variable 2") as refused:
        variables(["a=1", typed])

    assert ANA not in str(refused.value)


def test_a_lookup_was_found_not_found_or_failed() -> None:
    found = lookup_answer(ASKED, '{"status": "shipped"}', not_found=False, failed=False)

    assert found == LookupAnswer(ASKED, "found", {"status": "shipped"})
    assert lookup_answer(ASKED, None, not_found=True, failed=False).outcome == "not-found"
    assert lookup_answer(ASKED, None, not_found=False, failed=True).outcome == "failed"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "either --found, --not-found or --failed"),
        ({"found": "{}", "not_found": True}, "either"),
        ({"not_found": True, "failed": True}, "either"),
        ({"found": "[1]"}, "no JSON object"),
        ({"found": ANA + "x"}, "found: no JSON"),
    ],
)
def test_any_other_answer_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UnclearWords, match=told) as refused:
        lookup_answer(ASKED, **{"found": None, "not_found": False, "failed": False, **given})

    assert ANA not in str(refused.value)
