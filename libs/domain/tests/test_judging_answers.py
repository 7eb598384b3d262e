from datetime import UTC, datetime

import pytest

from domain.messages import InboundLocation, InboundText
from domain.session.flows.answers import judge
from domain.session.flows.judgement import Accepted, Hearing, Rejected
from domain.session.flows.steps import Ask

HEARING = Hearing(at=datetime(2026, 11, 23, 12, tzinfo=UTC), languages=("en",))
CHOICE = {"options": [{"id": "one", "title": "The first", "words": ["1"]}]}


def ask(**kind: object) -> Ask:
    return Ask.model_validate({"id": "q", "ask": "?", **kind})


ACCEPTED = [
    ({"text": {}}, "  hello ", "hello"),
    ({"pattern": {"matches": "[A-Z]{2}", "upper": True}}, "ab", "AB"),
    ({"pattern": {"matches": "[A-Z]{2}-[0-9]+", "upper": True}}, "ab-١٢", "AB-12"),
    ({"pattern": {"matches": "[A-Z]{2}"}}, "\uff21\uff22", "AB"),
    ({"number": {"min": 1, "max": 10}}, "2,50", "2.50"),
    ({"number": {}}, "1 000", "1000"),
    ({"number": {}}, "٤٢", "42"),
    ({"text": {}}, "A\u200bna\x00", "Ana"),
    ({"text": {}}, "👩\u200d💻", "👩\u200d💻"),
    ({"date": {}}, "2026-11-20", "2026-11-20"),
    ({"date": {}}, "20.11.2026", "2026-11-20"),
    ({"date": {"latest": "today"}}, "Today", "2026-11-23"),
    ({"date": {"latest": "today"}}, "yesterday", "2026-11-22"),
    ({"email": {}}, "Ana@Example.org", "ana@example.org"),
    ({"choice": CHOICE}, "the  FIRST", "one"),
    ({"choice": CHOICE}, "1", "one"),
    ({"choice": CHOICE}, "The first!", "one"),
]
REJECTED = [
    ({"text": {"min": 2}}, "a", "wrong-length"),
    ({"text": {"max": 3}}, "abcd", "wrong-length"),
    ({"pattern": {"matches": "[A-Z]{2}"}}, "ABC", "no-match"),
    ({"number": {}}, "many", "not-a-number"),
    ({"number": {}}, "NaN", "not-a-number"),
    ({"number": {}}, "1e-9000000", "not-a-number"),
    ({"number": {}}, "1e999999999999", "not-a-number"),
    ({"number": {}}, "9" * 16, "not-a-number"),
    ({"number": {}}, "1_000", "not-a-number"),
    ({"text": {"min": 2}}, "\x00\x00\x00", "wrong-length"),
    ({"text": {"min": 2}}, "\u200b\u200b\u200d", "wrong-length"),
    ({"pattern": {"matches": "a*"}}, "a" * 4097, "wrong-length"),
    ({"number": {}}, "Infinity", "not-a-number"),
    ({"number": {"min": 1}}, "0.5", "out-of-range"),
    ({"number": {"max": 1}}, "1.5", "out-of-range"),
    ({"date": {}}, "2026-02-30", "not-a-date"),
    ({"date": {"latest": "today"}}, "2026-11-24", "out-of-range"),
    ({"date": {"earliest": "2026-01-01"}}, "2025-12-31", "out-of-range"),
    ({"email": {}}, "ana@", "not-an-email"),
    ({"email": {}}, "a b@c.de", "not-an-email"),
    ({"choice": CHOICE}, "second", "not-a-choice"),
]


@pytest.mark.parametrize(("kind", "said", "kept"), ACCEPTED)
def test_an_answer_that_fits_is_kept_in_one_form(
    kind: dict[str, object], said: str, kept: str
) -> None:
    assert judge(ask(**kind), InboundText(text=said), HEARING) == Accepted(kept)


@pytest.mark.parametrize(("kind", "said", "reason"), REJECTED)
def test_an_answer_that_does_not_fit_is_refused_with_a_reason(
    kind: dict[str, object], said: str, reason: str
) -> None:
    assert judge(ask(**kind), InboundText(text=said), HEARING) == Rejected(reason)


def test_a_place_is_no_answer_to_a_question_for_words() -> None:
    place = InboundLocation(latitude=1, longitude=2)

    assert judge(ask(text={}), place, HEARING) == Rejected("not-text")


def test_a_pattern_made_to_explode_answers_at_once() -> None:
    step = ask(pattern={"matches": "(a+)+b"})

    assert judge(step, InboundText(text="a" * 4000), HEARING) == Rejected("no-match")
