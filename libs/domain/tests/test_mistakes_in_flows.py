"""Whatever is wrong with a file of a flow, its author is told so in a sentence."""

import pytest
from anything.mistakes import FLOWS, LINES, MISTAKES
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.session.flows.parsing import InvalidFlow, parse_flow, parse_flows


def judged(source: str) -> str:
    """Return what the author is told, nothing where all is well; anything else is raised."""
    try:
        parse_flow(source, file="flow.yaml")
    except InvalidFlow as error:
        return str(error)
    return ""


@settings(max_examples=150, deadline=None)
@given(MISTAKES)
def test_a_mistake_is_told_in_lines_that_name_the_file(source: str) -> None:
    told = judged(source)

    assert all(line.startswith("flow.yaml: ") for line in told.splitlines())


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_anything_may_stand_in_a_file(source: str) -> None:
    judged(source)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("at", [0, 8])
def test_a_line_that_does_not_belong_there_raises_nothing_else(line: str, at: int) -> None:
    lines = FLOWS["claim.yaml"].splitlines()
    judged("\n".join([*lines[:at], line, *lines[at:]]))


def test_the_flows_that_mistakes_are_made_in_are_fine() -> None:
    assert parse_flows(FLOWS).keys() == FLOWS.keys()


@pytest.mark.parametrize("zone", ["9" * 300, "Europe", "../etc"])
def test_a_time_zone_that_no_file_can_be_named_after_is_a_mistake_like_any_other(
    zone: str,
) -> None:
    steps = "steps:\n  - {id: a, complete: {outcome: b}}\n"
    source = f"name: shop\ntitle: A\ntime_zone: '{zone}'\n{steps}"

    with pytest.raises(InvalidFlow, match="is not a time zone"):
        parse_flow(source)
