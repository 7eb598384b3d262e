from domain.session.flows.lines import Lines

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
