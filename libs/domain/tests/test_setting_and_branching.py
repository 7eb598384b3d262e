"""Values that a flow works out, and ways that depend on them."""

import pytest

from domain.events import SessionCompleted, VariablesSet
from domain.session.testing import Given, Spoken

ORDER = """
  - {id: pieces, ask: 'How many?', number: {whole: true}}
  - {id: sums, set: {price: pieces * 2.5, dear: price > 10, late: "now > today + duration('20h')"}}
  - id: fork
    branch:
      - {when: dear && !late, to: check}
      - {answer: pieces, is: ["1", "2"], to: few}
    otherwise: fine
  - {id: few, complete: {outcome: few}}
  - id: check
    complete: {outcome: check, say: "That is {{ money(price, 'EUR') }}.", data: {price: price}}
  - {id: fine, complete: {outcome: fine}}
"""


def outcome(spoken: Spoken) -> str:
    (ended,) = [one for one in spoken.happened if isinstance(one, SessionCompleted)]
    return ended.outcome


def test_a_value_is_worked_out_once_and_known_to_later_steps() -> None:
    spoken = Given.flow(ORDER).nobody().hears("hi").hears("5")

    (values,) = [one for one in spoken.happened if isinstance(one, VariablesSet)]
    assert values.personal.values == {"price": 12.5, "dear": True, "late": False}
    assert spoken.words == "That is €12.50."


@pytest.mark.parametrize(("pieces", "ends"), [("5", "check"), ("2", "few"), ("3", "fine")])
def test_the_first_case_that_fits_decides(pieces: str, ends: str) -> None:
    assert outcome(Given.flow(ORDER).nobody().hears("hi").hears(pieces)) == ends


def test_what_other_systems_are_told_at_the_end_is_worked_out() -> None:
    spoken = Given.flow(ORDER).nobody().hears("hi").hears("5")

    ended = spoken.happened[-1]
    assert isinstance(ended, SessionCompleted)
    assert ended.personal.data == {"price": 12.5}


@pytest.mark.parametrize(
    "formula",
    ["missing + 1", "int(missing) > 2", "1 / 0 == 1", "size(missing) / 0 > 1", "missing"],
)
def test_a_condition_that_cannot_be_worked_out_is_not_fulfilled(formula: str) -> None:
    steps = f"""
  - id: fork
    branch: [{{when: now < today, to: missing}}, {{when: "{formula}", to: never}}]
    otherwise: fine
  - {{id: missing, ask: Never asked, text: {{}}}}
  - {{id: never, complete: {{outcome: never}}}}
  - {{id: fine, complete: {{outcome: fine}}}}
"""

    assert outcome(Given.flow(steps).nobody().hears("hi")) == "fine"


def test_a_value_that_cannot_be_worked_out_is_null_and_says_nothing() -> None:
    steps = """
  - {id: name, ask: 'Name?', text: {}}
  - {id: sums, set: {sum: name + 1, half: sum / 2}}
  - {id: end, complete: {outcome: done, say: "It is {{ sum }}.", data: {half: half}}}
"""
    spoken = Given.flow(steps).nobody().hears("hi").hears("Ana")

    assert spoken.session.variables == {"sum": None, "half": None}
    assert spoken.words == "It is ."


def test_answers_have_the_type_of_their_question_in_expressions() -> None:
    steps = """
  - {id: day, ask: 'When?', date: {}}
  - {id: size, ask: 'How big?', number: {}}
  - id: sums
    set:
      monday: day.getDayOfWeek() == 1
      later: "string(day + duration('24h'))"
      double: size * 2
  - {id: end, complete: {outcome: done}}
"""
    spoken = Given.flow(steps, "time_zone: Europe/Madrid").nobody()
    spoken = spoken.hears("hi").hears("2026-12-07").hears("1.5")

    assert spoken.session.variables == {
        "monday": True,
        "later": "2026-12-08T00:00:00+01:00",
        "double": 3.0,
    }


def test_a_question_whose_text_comes_to_nothing_is_asked_all_the_same() -> None:
    steps = """
  - {id: name, ask: 'Name?', text: {}}
  - {id: sums, set: {sum: name + 1}}
  - {id: size, ask: "{{ sum }}", choice: {options: [{id: s, title: S}]}}
  - {id: end, complete: {outcome: done}}
"""
    spoken = Given.flow(steps).nobody().hears("hi").hears("Ana")

    assert spoken.words == "…"
    assert spoken.taps("S").types[-1] == "session.completed.v1"


def test_a_title_that_an_answer_made_too_long_is_cut() -> None:
    steps = """
  - {id: name, ask: 'Name?', text: {max: 10}}
  - {id: sums, set: {long: "name + ' ' + name + ' ' + name"}}
  - {id: size, ask: 'Who?', choice: {options: [{id: s, title: "{{ long }}"}]}}
  - {id: end, complete: {outcome: done}}
"""
    spoken = Given.flow(steps).nobody().hears("hi").hears("Anastasia")

    assert spoken.taps("Anastasia Anastasia…").types[-1] == "session.completed.v1"
