"""A flow asks another service, and goes on with what it found or without."""

from datetime import timedelta

import pytest

from domain.events import LookupRequested
from domain.session.testing import Given, Spoken

SHOP = """
  - {id: number, ask: 'Which order?', text: {}}
  - id: order
    lookup: {name: order-status, query: {id: number}, timeout: 30s}
    not_found: none
    failed: sorry
    busy: One moment.
  - {id: end, complete: {outcome: told, say: "It is {{ order.status }}.", data: {order: order}}}
  - {id: none, say: There is no such order., next: number}
  - {id: sorry, hand_off: {say: Somebody will look., lease: {after: 2h}}, next: number}
"""


@pytest.fixture
def waiting() -> Spoken:
    return (
        Given.flow(SHOP, "agent: {words: [agent], say: Wait., lease: {after: 1h}}")
        .nobody()
        .hears("hi")
        .hears("A-1")
    )


def test_the_question_goes_out_with_its_time_and_the_person_is_told_nothing(
    waiting: Spoken,
) -> None:
    asked = waiting.happened[-1]

    assert isinstance(asked, LookupRequested)
    assert (asked.name, asked.personal.query) == ("order-status", {"id": "A-1"})
    assert asked.answer_by == waiting.now + timedelta(seconds=30)
    assert waiting.replies == []


def test_what_was_found_can_be_said(waiting: Spoken) -> None:
    spoken = waiting.is_told(status="shipped")

    assert spoken.types[0] == "lookup.answered.v1"
    assert spoken.words == "It is shipped."


def test_what_is_not_there_has_its_own_way(waiting: Spoken) -> None:
    spoken = waiting.is_told("not-found")

    assert spoken.words == "There is no such order.\n\nWhich order?"
    assert spoken.hears("A-2").types[-1] == "lookup.requested.v1"


def test_a_service_that_fails_and_one_that_is_silent_have_the_same_way(waiting: Spoken) -> None:
    failed = waiting.is_told("failed")
    silent = waiting.after(timedelta(seconds=30))

    assert failed.words == silent.words == "Somebody will look."
    assert silent.types[0] == "step.timed-out.v1"


def test_an_answer_that_comes_too_late_changes_nothing(waiting: Spoken) -> None:
    late = waiting.after(timedelta(minutes=1)).asked(waiting.finding(status="shipped"))

    assert late.happened == ()


def test_the_same_answer_twice_counts_once(waiting: Spoken) -> None:
    found = waiting.is_told("not-found")

    assert found.asked(waiting.finding(status="shipped")).happened == ()


def test_an_answer_to_an_earlier_lookup_is_not_taken_for_that_to_the_open_one(
    waiting: Spoken,
) -> None:
    first = waiting.finding(status="of A-1")
    again = waiting.is_told("not-found").hears("A-2")

    assert again.asked(first).happened == ()
    assert again.is_told(status="of A-2").words == "It is of A-2."


def test_who_writes_meanwhile_is_told_to_wait(waiting: Spoken) -> None:
    written = waiting.hears("and?")

    assert written.words == "One moment."
    assert written.is_told(status="shipped").words == "It is shipped."


def test_while_a_human_talks_the_answer_does_nothing_and_is_asked_for_again_afterwards(
    waiting: Spoken,
) -> None:
    handed = waiting.hears("agent")
    answered = handed.is_told(status="shipped")
    released = answered.is_released()

    assert answered.happened == ()
    assert released.types == ["session.released.v1", "lookup.requested.v1"]
    assert released.is_told(status="shipped").words == "It is shipped."


def test_a_word_leads_back_from_a_lookup_to_the_question_before() -> None:
    spoken = Given.flow(SHOP, "back: [back]").nobody().hears("hi").hears("A-1").hears("back")

    assert spoken.words == "Which order?"
    assert spoken.is_told(status="shipped").happened == ()


def test_lists_and_objects_that_were_found_are_known_by_their_fields() -> None:
    steps = """
  - {id: order, lookup: {name: orders, query: {}}, not_found: end, failed: end}
  - id: end
    complete: {outcome: done, say: "{{ order.items[0].name }} {{ order.items.map(i, i.n) }}"}
"""
    spoken = Given.flow(steps).nobody().hears("hi")

    assert spoken.is_told(items=[{"name": "Hat", "n": 1}, {"n": 2}]).words == "Hat 1, 2"
    assert spoken.is_told(items="none").types[-1] == "session.completed.v1"


def test_after_a_lookup_of_days_the_person_has_all_the_time_to_answer() -> None:
    steps = """
  - {id: slots, lookup: {name: slots, timeout: 7d}, not_found: end, failed: end}
  - {id: slot, ask: "When?", text: {}}
  - {id: end, complete: {outcome: done}}
"""
    asked = Given.flow(steps).nobody().hears("hi").after(timedelta(days=6)).is_told()

    assert asked.words == "When?"
    assert asked.after(timedelta(hours=71)).happened == ()
    assert asked.after(timedelta(hours=72)).types == ["session.expired.v1"]
