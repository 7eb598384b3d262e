"""One flow goes through another and comes back with what it learnt."""

import pytest

from domain.events import AnswerRecorded, SessionCompleted
from domain.session import InvalidFlow
from domain.session.testing import Given, Spoken

VISIT = """
triggers: {variables: {place: {default: here}, who: {}}}
steps:
  - {id: stars, ask: "{{ who }}, how was it {{ place }}?", number: {min: 1, max: 5, whole: true}}
  - {id: sums, set: {happy: stars > 3}}
  - {id: fork, branch: [{when: happy, to: good}], otherwise: bad}
  - {id: good, complete: {outcome: good, say: Nice!, data: {percent: stars * 20}}}
  - {id: bad, complete: {outcome: bad}}
"""
SHOP = """
  - {id: name, ask: 'Name?', text: {}}
  - {id: visit, call: {flow: visit, with: {who: name}}}
  - {id: sums, set: {sum: visit.percent + visit.stars}}
  - {id: fork, branch: [{when: 'visit.outcome == "good"', to: end}], otherwise: sorry}
  - id: end
    complete: {outcome: done, say: "{{ visit.stars }} stars, {{ visit.happy }}, {{ sum }}"}
  - {id: sorry, complete: {outcome: sorry}}
"""


@pytest.fixture
def named() -> Spoken:
    return Given.flow(SHOP, visit=VISIT).nobody().hears("hi").hears("Ana")


def test_the_called_flow_knows_what_it_was_given_and_its_defaults(named: Spoken) -> None:
    assert named.words == "Ana, how was it here?"
    assert named.session.step == "visit.stars"


def test_the_caller_knows_answers_variables_data_and_outcome_afterwards(named: Spoken) -> None:
    spoken = named.hears("5")

    assert spoken.words == "Nice!\n\n5 stars, true, 105"
    assert [one.step for one in spoken.happened if isinstance(one, AnswerRecorded)] == [
        "visit.stars"
    ]


def test_the_way_on_depends_on_how_the_call_ended(named: Spoken) -> None:
    ended = named.hears("2").happened[-1]

    assert isinstance(ended, SessionCompleted)
    assert ended.outcome == "sorry"
    assert ended.personal.answers == {"name": "Ana", "visit.stars": "2"}


def test_wrong_answers_in_the_called_flow_are_asked_again_there(named: Spoken) -> None:
    assert named.hears("9").words == "Sorry, that does not fit.\n\nAna, how was it here?"


def test_calls_go_through_calls() -> None:
    inner = "steps:\n  - {id: n, ask: 'Inner?', number: {}}\n  - {id: end, complete: {outcome: in}}"
    middle = """
steps:
  - {id: deep, call: {flow: inner}}
  - {id: end, complete: {outcome: mid, data: {twice: deep.n * 2}}}
"""
    shop = """
  - {id: sub, call: {flow: middle}}
  - id: end
    complete: {outcome: done, say: "{{ sub.deep.n }} {{ sub.deep.outcome }} {{ sub.twice }}"}
"""
    asked = Given.flow(shop, inner=inner, middle=middle).nobody().hears("hi")

    assert (asked.words, asked.session.step) == ("Inner?", "sub.deep.n")
    assert asked.hears("4").words == "4 in 8"


def test_the_called_flow_speaks_the_language_of_the_conversation() -> None:
    visit = """
languages: [en, es]
steps:
  - {id: stars, ask: {en: "How was it?", es: "¿Qué tal?"}, number: {}}
  - {id: end, complete: {outcome: done}}
"""
    head = """
languages: [es, en]
language_words: {en: [english]}
wrong: {en: No., es: No.}
unreadable: {"*": "?"}
unasked_file: {"*": "?"}
agent: {words: []}
"""
    shop = "  - {id: visit, call: {flow: visit}}\n  - {id: end, complete: {outcome: done}}"
    visit = (
        "wrong: {'*': x}\nunreadable: {'*': x}\nunasked_file: {'*': x}\nagent: {words: []}\n"
        + visit
    )
    asked = Given.flow(shop, head, visit=visit).nobody().hears("hola")

    assert asked.words == "¿Qué tal?"
    assert asked.hears("english").words == "How was it?"


def test_a_flow_can_be_called_twice_and_each_call_has_its_own_answers() -> None:
    shop = """
  - {id: one, call: {flow: visit, with: {who: "'A'"}}}
  - {id: two, call: {flow: visit, with: {who: "'B'", place: "'there'"}}}
  - {id: end, complete: {outcome: done, say: "{{ one.stars }} and {{ two.stars }}"}}
"""
    spoken = Given.flow(shop, visit=VISIT).nobody().hears("hi").hears("1")

    assert spoken.words == "B, how was it there?"
    assert spoken.hears("2").words == "1 and 2"


def test_the_version_of_a_flow_changes_with_what_it_calls() -> None:
    one = Given.flow(SHOP, visit=VISIT).nobody().flows.current
    other = Given.flow(SHOP, visit=VISIT.replace("Nice!", "Great!")).nobody().flows.current

    assert one["shop"].version != other["shop"].version


def test_who_is_in_a_called_flow_stays_in_its_version(named: Spoken) -> None:
    changed = Given.flow(SHOP, visit=VISIT.replace("Nice!", "Great!"))

    assert named.with_flows(changed.sources).hears("4").words.startswith("Nice!")


def test_a_flow_that_calls_itself_without_end_is_refused() -> None:
    visit = "steps:\n  - {id: again, call: {flow: shop}}\n  - {id: end, complete: {outcome: x}}"
    shop = "  - {id: visit, call: {flow: visit}}\n  - {id: end, complete: {outcome: done}}"

    with pytest.raises(InvalidFlow, match="would call itself without end"):
        Given.flow(shop, visit=visit).nobody()


def test_today_is_that_of_the_flow_that_asks() -> None:
    steps = "  - {id: visit, call: {flow: island}}\n  - {id: end, complete: {outcome: done}}\n"
    island = """
time_zone: Pacific/Kiritimati
steps:
  - {id: day, ask: "Which day?", date: {}}
  - {id: back, complete: {outcome: known}}
"""
    told = Given.flow(steps, island=island).nobody().hears("hi").hears("today")

    assert told.session.answers == {"visit.day": "2026-11-24"}  # it is past midnight there
