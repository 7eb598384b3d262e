import pytest

from domain.messages import OutboundButtons, OutboundList, OutboundMessage
from domain.session.flows.asking import statements
from domain.session.testing import Given

FLOW = """
name: pet
title: A pet
triggers: {default: true}
steps:
  - id: which
    ask: Which?
    choice: {options: [OPTIONS]}
  - {id: end, complete: {outcome: done}}
"""


@pytest.mark.parametrize(("options", "shown"), [(3, OutboundButtons), (4, OutboundList)])
def test_up_to_three_choices_are_buttons_and_more_are_a_list(
    options: int, shown: type[OutboundMessage]
) -> None:
    written = ", ".join(f"{{id: o{n}, title: Option {n}}}" for n in range(options))
    asked = Given({"pet.yaml": FLOW.replace("OPTIONS", written)}).nobody().hears("hi")

    assert [type(reply) for reply in asked.replies] == [shown]


def test_nothing_is_sent_where_there_are_no_words() -> None:
    assert statements(("", "")) == []


def test_who_writes_for_the_first_time_is_addressed_by_the_name_that_the_message_shows() -> None:
    flow = FLOW.replace("Which?", "Which, {{ contact.name }}?").replace(
        "OPTIONS", "{id: a, title: A}"
    )
    asked = Given({"pet.yaml": flow}).nobody().hears("hi")

    assert asked.words == "Which, Ana?"
