"""A question offers what the flow found out, then what its author wrote down."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.messages.limits import ROW_DESCRIPTION, ROW_TITLE, ROWS
from domain.session.flows.buttons import ShownOption
from domain.session.flows.offering import LONGEST_ID, found_options, offered
from domain.session.flows.questions import Choice

EACH = {"of": "slots", "description": "item.note"}
CHOICE = Choice.model_validate({"each": EACH, "options": [{"id": "none", "title": "None of them"}]})


def field(formula: str, item: Any) -> Any:
    name = formula.removeprefix("item.")
    return item.get(name) if isinstance(item, Mapping) else None


def found(items: Any, choice: Choice = CHOICE) -> tuple[ShownOption, ...]:
    return found_options(choice, items, field)


def test_each_item_becomes_an_option_and_those_written_down_come_last() -> None:
    options = found([{"id": "mon", "title": "Monday", "note": "9:30"}, {"id": 2, "title": 2.0}])

    assert [*offered(CHOICE, options, lambda text: text[""])] == [
        ShownOption("mon", "Monday", "9:30"),
        ShownOption("2", "2"),
        ShownOption("none", "None of them"),
    ]


def test_there_is_always_room_for_the_options_that_are_written_down() -> None:
    options = found([{"id": str(number), "title": "x"} for number in range(50)])

    assert len(options) + len(CHOICE.options) == ROWS


def test_what_has_no_name_or_the_name_of_another_is_left_out() -> None:
    items = [
        {"id": "a", "title": "A"},
        {"id": "a", "title": "B"},
        {"id": "none", "title": "C"},
        {"id": "", "title": "D"},
        {"id": "e", "title": " \u200b"},
        {"id": "x" * 101, "title": "F"},
        {"title": "G"},
        {"id": ["h"], "title": "H"},
        "I",
        None,
    ]

    assert found(items) == (ShownOption("a", "A"),)


def test_long_words_are_shortened_and_stand_on_one_line() -> None:
    (option,) = found([{"id": "a", "title": "x" * 30, "note": "two\nlines " + "y" * 99}])

    assert option.title == "x" * (ROW_TITLE - 1) + "…"
    assert option.description
    assert option.description.startswith("two lines yyy")
    assert len(option.description) == ROW_DESCRIPTION


def test_without_items_only_what_is_written_down_is_offered() -> None:
    without = Choice.model_validate({"options": [{"id": "a", "title": "A"}]})

    assert found("abc") == found(None) == found(7) == found({"a": 1}) == ()
    assert found([{"id": "b", "title": "B"}], without) == ()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=120),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
items = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "title", "note"), json_values))


@given(st.lists(items | json_values, max_size=15) | json_values)
def test_whatever_was_found_out_is_offered_within_whatsapps_limits(found_out: Any) -> None:
    options = found(found_out)

    assert len({option.id for option in options}) == len(options) < ROWS
    for option in options:
        assert 0 < len(option.id) <= LONGEST_ID
        assert 0 < len(option.title) <= ROW_TITLE
        assert option.description is None or 0 < len(option.description) <= ROW_DESCRIPTION
        f"{option.id}{option.title}{option.description}".encode()
