"""Buttons stay on the phone: what happens when one of an earlier question is tapped."""

import pytest

from domain.messages import InboundChoice
from domain.session.testing import Given, Spoken

SHOP = """
  - {id: size, ask: "Size?", LATE choice: {options: [{id: s, title: Small}, {id: l, title: Large}]}}
  - {id: colour, ask: "Colour for {{ size }}?", choice: {options: [{id: red, title: Red}]}}
  - {id: name, ask: "Name?", text: {}}
  - {id: end, complete: {outcome: done}}
"""


def at_name(late: str = "") -> Spoken:
    steps = SHOP.replace("LATE", late and f"late: {late},")
    return Given.flow(steps).nobody().hears("hi").taps("Small").taps("Red")


def test_who_taps_an_earlier_question_is_told_and_asked_the_open_one_again() -> None:
    tapped = at_name().taps("Large")

    assert tapped.words == "That was an answer to an earlier question.\n\nName?"
    assert tapped.session.answers == {"size": "s", "colour": "red"}


def test_where_the_flow_says_so_the_late_answer_counts_and_the_flow_goes_on_from_there() -> None:
    tapped = at_name("go-back").taps("Large")

    assert tapped.types[1] == "answer.recorded.v1"
    assert tapped.words == "Colour for Large?"
    assert tapped.taps("Red").words == "Name?"
    assert tapped.session.answers == {"size": "l", "colour": "red"}


def test_where_the_flow_says_so_nothing_happens() -> None:
    tapped = at_name("ignore").taps("Large")

    assert tapped.types == ["message.received.v1"]
    assert tapped.hears("Ana").types[-1] == "session.completed.v1"


@pytest.mark.parametrize("late", ["", "go-back", "ignore"])
def test_the_same_answer_tapped_again_is_just_a_double_tap(late: str) -> None:
    assert at_name(late).taps("Small").types == ["message.received.v1"]


def test_a_late_answer_counts_also_while_the_flow_waits_for_something_else() -> None:
    steps = SHOP.replace("LATE", "late: go-back,").replace(
        "  - {id: end", "  - {id: nap, wait: {for: 2h}}\n  - {id: end"
    )
    waits = Given.flow(steps).nobody().hears("hi").taps("Small").taps("Red").hears("Ana")
    tapped = waits.taps("Large")

    assert tapped.words == "Colour for Large?"
    assert "wait" not in tapped.deadlines


def test_a_button_of_a_conversation_that_ended_is_pointed_out() -> None:
    tap = InboundChoice(type="button_reply", id="gone:yes", title="Yes")

    assert at_name().hears(tap).words.startswith("That was an answer to an earlier question.")


def test_the_payload_of_a_template_is_no_answer_to_an_earlier_question() -> None:
    tap = InboundChoice(type="template_button", id="BOOK:NOW", title="Book")
    back = at_name().taps("Large").hears("Ana")

    again = Given.flow(SHOP.replace("LATE", "")).nobody().hears("hi").hears(tap)
    assert back.types[-1] == "session.completed.v1"
    assert again.words == "Size?"
    assert again.session.attempts == 0


def test_a_late_answer_in_a_called_flow_counts_there() -> None:
    visit = """
steps:
  - id: size
    ask: "Inner?"
    late: go-back
    choice: {options: [{id: s, title: Inner}, {id: l, title: Other}]}
  - {id: end, complete: {outcome: done}}
"""
    steps = """
  - {id: visit, call: {flow: visit}}
  - {id: name, ask: "{{ visit.size }}?", text: {}}
  - {id: end, complete: {outcome: done}}
"""
    asked = Given.flow(steps, visit=visit).nobody().hears("hi").taps("Inner")

    assert asked.taps("Other").session.answers == {"visit.size": "l"}
