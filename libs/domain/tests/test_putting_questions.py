from domain.messages import OutboundButtons, OutboundList
from domain.session.flows.parsing import parse_flow
from domain.session.flows.steps import Ask
from domain.session.flows.turn import question, statements

FLOW = """
name: pet
title: A pet
triggers: {default: true}
steps:
  - id: three
    ask: "{{ long }}"
    choice: {options: [{id: a, title: A}, {id: b, title: B}, {id: c, title: C}]}
  - id: four
    ask: Which?
    choice: {options: [{id: a, title: A}, {id: b, title: B}, {id: c, title: C}, {id: d, title: D}]}
  - {id: long, ask: Long, text: {max: 4096}}
  - {id: end, complete: {outcome: done}}
"""


def test_up_to_three_choices_are_buttons_and_more_are_a_list() -> None:
    flow = parse_flow(FLOW)
    three, four = flow.steps["three"], flow.steps["four"]
    assert isinstance(three, Ask)
    assert isinstance(four, Ask)

    assert isinstance(question(flow, three, ("Well.",), {})[0], OutboundButtons)
    assert isinstance(question(flow, four, (), {})[0], OutboundList)


def test_nothing_to_say_is_no_message() -> None:
    assert statements(("", "")) == []
