"""Words that lead back, to the beginning, to the end or to a human, at any point."""

import pytest

from domain.events import SessionCancelled
from domain.session.testing import Given, Spoken

SHOP = """
  - {id: hello, say: Hello.}
  - {id: name, ask: "Name?", text: {}}
  - {id: size, ask: "How big, {{ name }}?", number: {}}
  - {id: colour, ask: "Which colour?", choice: {options: [{id: red, title: Red}]}}
  - {id: nap, wait: {for: 2h}}
  - {id: end, complete: {outcome: done}}
"""
HEAD = """
back: [back, previous]
restart: [restart]
stop: {words: [enough], say: Good bye.}
agent: {words: [agent], say: "One moment, {{ name }}.", team: care, note: "{{ name }} asks"}
"""


@pytest.fixture
def at_colour() -> Spoken:
    return Given.flow(SHOP, HEAD).nobody().hears("hi").hears("Ana").hears("3")


def test_back_leads_to_the_question_before_whose_answer_is_given_anew(at_colour: Spoken) -> None:
    back = at_colour.hears("Back!")

    assert back.words == "How big, Ana?"
    assert back.hears("4").session.answers == {"name": "Ana", "size": "4"}


def test_back_twice_leads_two_questions_back(at_colour: Spoken) -> None:
    assert at_colour.hears("back").hears("back").words == "Name?"


def test_at_the_first_question_back_asks_it_again(at_colour: Spoken) -> None:
    first = at_colour.hears("back").hears("back").hears("back")

    assert first.words == "Name?"
    assert first.hears("Ben").words == "How big, Ben?"


def test_back_during_a_wait_leads_to_the_last_question(at_colour: Spoken) -> None:
    assert at_colour.taps("Red").hears("back").words == "Which colour?"


def test_back_does_not_count_as_a_wrong_answer() -> None:
    steps = SHOP.replace("number: {}", "number: {}, retries: 0, otherwise: end")
    spoken = Given.flow(steps, HEAD).nobody().hears("hi").hears("Ana").hears("back")

    assert spoken.words == "Name?"


def test_restart_begins_anew_without_any_answer(at_colour: Spoken) -> None:
    anew = at_colour.hears("restart")

    assert anew.types[1] == "session.restarted.v1"
    assert anew.words == "Hello.\n\nName?"
    assert anew.session.answers == {}
    assert anew.hears("back").words == "Name?"


def test_restart_keeps_what_the_business_gave() -> None:
    head = HEAD + "triggers: {default: true, variables: {order: {default: none}}}"
    steps = SHOP.replace("Hello.", '"Order {{ order }}."')
    begun = Given.flow(steps, head).nobody().is_begun("shop", order="A-1")

    assert begun.hears("Ana").hears("restart").words == "Order A-1.\n\nName?"


def test_stop_ends_the_conversation_with_the_words_of_the_flow(at_colour: Spoken) -> None:
    stopped = at_colour.hears("enough")

    assert stopped.words == "Good bye."
    ended = stopped.happened[-1]
    assert isinstance(ended, SessionCancelled)
    assert ended.reason == "stopped"
    assert not stopped.person.contact.opted_out


def test_agent_calls_a_human_of_the_team_who_is_told_what_it_is_about(at_colour: Spoken) -> None:
    handed = at_colour.hears("agent")

    assert handed.words == "One moment, Ana."
    event = handed.happened[-1]
    assert getattr(event, "team", None) == "care"
    assert handed.is_released().words == "Which colour?"


def test_words_are_only_words_while_a_human_talks(at_colour: Spoken) -> None:
    handed = at_colour.hears("agent")

    for word in ("back", "restart", "enough", "agent"):
        assert handed.hears(word).types == ["message.received.v1"]


def test_whoever_begins_with_a_word_for_a_human_gets_one() -> None:
    begun = Given.flow(SHOP, HEAD).nobody().hears("agent")

    assert begun.types[-1] == "session.handed-off.v1"
    assert begun.is_released().words == "Hello.\n\nName?"


def test_whoever_begins_with_a_word_that_leads_back_just_begins() -> None:
    for word in ("back", "restart", "enough"):
        assert Given.flow(SHOP, HEAD).nobody().hears(word).words == "Hello.\n\nName?"
