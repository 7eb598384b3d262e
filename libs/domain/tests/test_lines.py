import pytest

from domain.session.flows.lines import Lines, located

SOURCE = """\
name: claim
steps:
  - id: full_name
    ask: What is your full name?
    text: {min: 2}
    wrong:
      Please write it.
  - id: damage
    ask:
      en: What kind?
    choice:
      options:
        - {id: water, title: Water}
"""


def line(*path: int | str) -> int:
    return Lines(SOURCE).line(path)


def test_a_key_stands_where_it_is_written_even_if_its_value_begins_below() -> None:
    assert line("name") == 1
    assert line("steps", 0, "wrong") == 6


def test_an_item_of_a_list_stands_where_it_begins() -> None:
    assert line("steps", 1) == 8
    assert line("steps", 1, "choice", "options", 0, "title") == 13


def test_a_missing_part_is_looked_for_around_the_place_where_it_should_be() -> None:
    assert line("steps", 1, "choice", "button") == 11
    assert line("triggers", "keywords") == 1


def test_the_kind_that_a_reader_puts_into_a_path_is_passed_over() -> None:
    assert line("steps", 0, "ask", "text", "min") == 5
    assert line("steps", 0, "ask", "retries") in {3, 4}
    assert line("steps", 1, "ask", "ask", "en") == 10


def test_an_empty_file_has_a_first_line() -> None:
    assert Lines("").line(("steps", 0)) == 1


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        ("step full_name: wrong: is not known here", 6),
        ("step full_name: the text is missing in es", 3),
        ("step damage leads to nowhere, which does not exist", 8),
        ("step damage: choice: options: number 1: titel: is not known here", 13),
        ("step number 2: a step has exactly one of ask and say", 8),
        ("two steps have the id damage: give each its own", 8),
        ("triggers: keywords: 'x' is a keyword of other.yaml too", 1),
    ],
)
def test_what_is_wrong_with_a_flow_is_told_with_its_line(problem: str, line: int) -> None:
    told = located(f"claim.yaml: {problem}", {"claim.yaml": SOURCE})

    assert told == f"claim.yaml:{line}: {problem}"


def test_what_is_no_yaml_has_its_line_already() -> None:
    told = located("a.yaml: line 2: this is not YAML: no", {"a.yaml": "a: [\nb"})

    assert told == "a.yaml:2: this is not YAML: no"


def test_what_is_wrong_with_all_flows_together_has_no_line() -> None:
    assert located("two flows have the name a", {"a.yaml": SOURCE}) == "two flows have the name a"
