"""Every example of the page about expressions is so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from domain.session.flows.definition import Definition
from domain.session.flows.expressions import expression
from domain.session.flows.formatting import formats
from domain.session.flows.functions import ARGUMENTS
from domain.session.flows.grammar import MACROS, METHODS, RESERVED
from domain.session.flows.typed import jsonable

PAGE = Path(__file__).parents[3] / "docs/reference/flow-expressions.md"
TEXT = PAGE.read_text(encoding="utf-8")
ZONE = "Europe/Madrid"
NOW = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)


def _known() -> dict[str, Any]:
    known: dict[str, Any] = yaml.safe_load(TEXT.partition("```yaml")[2].partition("```")[0])
    spoken = formats("en", ZONE)
    today = spoken.timestamp(NOW.astimezone(ZoneInfo(ZONE)).date().isoformat())
    day = spoken.timestamp(known["day"].isoformat())
    return {**known, "day": day, "now": spoken.timestamp(NOW), "today": today}


def _examples() -> Iterator[tuple[str, str]]:
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.replace("\\|", "\0").split("|")]
        if len(cells) > 4 and cells[1].startswith("`") and cells[2].startswith("`"):
            yield cells[1].strip("`").replace("\0", "|"), cells[2].strip("`")


@pytest.mark.parametrize(("source", "result"), list(_examples()))
def test_an_example_comes_to_what_the_page_says(source: str, result: str) -> None:
    came = jsonable(expression(source).evaluate(_known(), formats("en", ZONE)))
    if isinstance(came, str):
        assert came.replace("\xa0", " ").replace("\u202f", " ") == result
    else:
        assert came == yaml.safe_load(result)


@pytest.mark.parametrize("name", sorted({*ARGUMENTS, *METHODS, *MACROS, "has", "int", "double"}))
def test_every_function_is_on_the_page(name: str) -> None:
    assert name in TEXT


def test_every_word_that_cannot_be_used_is_on_the_page() -> None:
    told = TEXT.partition("A few words are CEL's own")[2].partition("\n")[0]
    assert {word.strip("`,. ") for word in told.partition(": ")[2].split()} == RESERVED - {
        *("true", "false", "null")
    }


def test_the_zone_is_one_that_a_flow_can_have() -> None:
    step = {"id": "end", "complete": {"outcome": "done"}}
    flow = {"name": "a", "title": "A", "time_zone": ZONE, "steps": [step]}
    assert Definition.model_validate(flow).time_zone == ZONE
