import shutil
from pathlib import Path

import pytest
import yaml

from domain.session import FlowBook
from flow import shelf
from session_core.handlers import terminal
from snippets import Follower, snippets

ROOT = Path(__file__).parents[1]
FLOWS = ROOT / "flows"
TUTORIAL = (ROOT / "docs/tutorial/your-first-flow.md").read_text()
HOW_TO_ADD = (ROOT / "docs/how-to/add-a-flow.md").read_text()
REFERENCE = (ROOT / "docs/reference/flow-language.md").read_text()
HOW_TO_BRING = (ROOT / "docs/how-to/bring-a-flow-from-goflow.md").read_text()
HEAD = {
    "name": "visit",
    "title": "After a visit",
    "triggers": {"variables": {"shop": {"default": ""}}},
}
FOR_ALL = {
    "agent": {"say": {"*": "OK"}},
    **{key: {"*": "OK"} for key in ("wrong", "late", "unreadable", "unasked_file", "file_failed")},
}
FIRST = {
    "id": "people",
    "ask": {"*": "With how many did you come?"},
    "number": {},
    "retries": "1",
    "otherwise": "unrated",
}
LEAST = 3
"""Pieces that each page has; fewer, and they are not found any more."""
LAST = {"id": "unrated", "complete": {"outcome": "unrated"}}


@pytest.fixture
def reader(tmp_path: Path) -> Follower:
    """Hand out somebody with a folder that holds our flows."""
    shutil.copytree(FLOWS, tmp_path / "flows")
    return Follower(tmp_path)


def test_whoever_follows_the_tutorial_sees_what_it_shows(reader: Follower) -> None:
    for snippet in snippets(TUTORIAL):
        reader.follow(snippet)


def test_the_flow_that_was_brought_from_goflow_goes_as_its_page_says(reader: Follower) -> None:
    for snippet in snippets(HOW_TO_BRING):
        reader.follow(snippet)


@pytest.mark.parametrize(
    ("page", "beside"),
    [(HOW_TO_ADD, {}), (REFERENCE, {"languages": ["en", "es"]})],
    ids=["how-to", "reference"],
)
def test_every_piece_of_a_flow_that_a_page_shows_is_one_that_runs(
    page: str, beside: dict[str, object]
) -> None:
    written = [one.text for one in snippets(page) if one.language == "yaml"]
    shown = list(filter(None, (yaml.safe_load(text) for text in written)))

    assert len(shown) >= LEAST
    for piece in shown:
        keys, steps = ({}, piece) if isinstance(piece, list) else (piece, [])
        flow = {**HEAD, **FOR_ALL, **beside, **keys, "steps": [FIRST, *steps, LAST]}
        FlowBook.of({**shelf.sources(FLOWS), "visit.yaml": yaml.safe_dump(flow)})


def test_the_list_of_sessions_that_the_tutorial_shows_has_the_columns_of_the_real_one() -> None:
    shown = [line.split() for line in TUTORIAL.splitlines() if line.startswith("SESSION ")]

    assert shown == [terminal.table(()).split()]
