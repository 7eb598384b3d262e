import shutil
from pathlib import Path

import pytest

from snippets import Follower, snippets

ROOT = Path(__file__).parents[1]
FLOWS = ROOT / "flows"
TUTORIAL = (ROOT / "docs/tutorial/your-first-flow.md").read_text()
HOW_TO_BRING = (ROOT / "docs/how-to/bring-a-flow-from-goflow.md").read_text()


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
