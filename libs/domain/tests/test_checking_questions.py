"""A question that nobody could answer as its author means it is told before anybody is asked."""

from typing import Any

import pytest
import yaml

from domain.session.flows.parsing import InvalidFlow, parse_flow, parse_flows


def flow(kind: dict[str, Any]) -> str:
    asked = {"id": "asked", "ask": "?", **kind}
    end = {"id": "end", "complete": {"outcome": "done"}}
    return yaml.safe_dump(
        {
            "name": "pet",
            "title": "A pet",
            "languages": ["en", "es"],
            "fallbacks": {"es": "en"},
            "triggers": {"default": True},
            "steps": [asked, end],
        }
    )


def options(*ids: str) -> list[dict[str, str]]:
    return [{"id": one, "title": one.title()} for one in ids]


WRONG = [
    ({"text": {"min": 5, "max": 4}}, "min is 5 and max 4: nothing is between them"),
    ({"files": {"kinds": ["pdf"], "min": 2}}, "min is 2 and max 1: nothing is between them"),
    ({"number": {"min": 2, "max": 1}}, "no number is from min to max"),
    ({"number": {"min": 0.2, "max": 0.7, "whole": True}}, "no whole number is from min to max"),
    (
        {"date": {"earliest": "2026-02-01", "latest": "2026-01-01"}},
        "earliest is 2026-02-01 and latest 2026-01-01: no day is between them",
    ),
    ({"phone": {"country": "XX"}}, "XX is no country with phone numbers"),
    ({"choice": {"options": options("en", "fr"), "language": True}}, "fr is none of the flow's"),
    (
        {"choice": {"options": options(*"abcdefghij"), "each": {"of": "[1]"}}},
        "10 options leave no room in the list for those of each",
    ),
    (
        {
            "choice": {
                "options": [
                    {"id": "day", "title": {"en": "Day", "es": "Mañana"}},
                    {"id": "later", "title": {"en": "Later", "es": "Luego"}, "words": "mañana!"},
                ]
            }
        },
        "'mañana!' means day and later: take it out of one of them",
    ),
]


@pytest.mark.parametrize(("kind", "told"), WRONG)
def test_a_question_that_cannot_be_answered_is_refused(kind: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidFlow, match="step asked: ") as refused:
        parse_flow(flow(kind))

    assert told in str(refused.value)


RIGHT = [
    {"text": {"min": 5, "max": 5}},
    {"number": {"min": 1, "max": 1, "whole": True}},
    {"number": {"min": 0.2, "max": 1.5, "whole": True}},
    {"date": {"earliest": "today", "latest": "2026-01-01"}},
    {"time": {"earliest": "22:00", "latest": "06:00"}},
    {"phone": {"country": "ES"}},
    {"choice": {"options": options("en", "es"), "language": True}},
    {"choice": {"options": [{"id": "no", "title": {"en": "No", "es": "No"}, "words": "no"}]}},
]


@pytest.mark.parametrize("kind", RIGHT)
def test_a_question_that_can_be_answered_is_taken(kind: dict[str, Any]) -> None:
    assert parse_flow(flow(kind)).first == "asked"


def test_the_parts_of_a_place_are_as_long_as_they_can_be_where_a_text_names_them() -> None:
    asked = flow({"location": {}})
    button = {"title": "{{ asked.name }}", "url": "https://example.org"}
    link = {"id": "link", "say": "There it is.", "link": button}
    steps = yaml.safe_load(asked)
    steps["steps"].insert(1, link)

    with pytest.raises(InvalidFlow, match="step link: button: at most 20"):
        parse_flow(yaml.safe_dump(steps))


def test_the_name_of_a_question_leaves_room_for_the_ids_that_are_found_out() -> None:
    inner = yaml.safe_load(flow({"choice": {"each": {"of": "[{'id': 1, 'title': 'One'}]"}}}))
    inner["steps"][0]["id"] = "s" * 40
    outer = {**inner, "name": "outer", "triggers": {}}
    outer["steps"] = [{"id": "c" * 40, "call": {"flow": "pet"}}, inner["steps"][1]]
    outmost = {**outer, "name": "outmost"}
    outmost["steps"] = [{"id": "d" * 40, "call": {"flow": "outer"}}, inner["steps"][1]]

    written = {one["name"]: yaml.safe_dump(one) for one in (inner, outer, outmost)}

    with pytest.raises(InvalidFlow, match="its name is too long") as refused:
        parse_flows(written)
    assert str(refused.value).startswith("outmost: step d")
