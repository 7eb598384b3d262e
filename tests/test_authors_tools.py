"""What authors of flows learn from past sessions of the whole system."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstack.stack import Stack
from flow import shelf
from flow.course import course, replayed
from flow.live.playing import play_live
from flow.reading import parse, read
from flow.recording import record
from flow.store import Past, reading
from flow.trying import play_file
from flow.writing import written

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

FLOWS = Path(__file__).parents[1] / "flows"
LIVED = timedelta(days=1)


@pytest.fixture(scope="module")
async def pasts(whole_stack: Stack) -> list[Past]:
    """Hand out sessions that there were, those of all the transcripts of claims among them."""
    known = whole_stack.endpoints()
    written_down = read(FLOWS / "claim.test.yaml")
    went = [one async for one in play_live(written_down, shelf.book(FLOWS), known)]
    assert [one for one in went if one.failed] == []
    async with reading(known.postgres) as store:
        ids = await store.since(datetime.now(UTC) - LIVED, 1000)
        found = [await store.session(one) for one in ids]
    return [past for past in found if past is not None]


async def test_past_sessions_take_the_same_course_again(pasts: list[Past]) -> None:
    book = shelf.book(FLOWS)
    assert pasts

    again = [replayed(past, book) for past in pasts]

    assert again == [course([event for event, _ in past.history]) for past in pasts]


async def test_a_past_session_becomes_a_transcript_that_passes(pasts: list[Past]) -> None:
    book = shelf.book(FLOWS)
    filed = [
        past
        for past in pasts
        if course([event for event, _ in past.history]).end == "completed: filed"
    ]

    kept = record(filed[0], book.current["claim"], book, "Recorded")
    [played] = play_file(parse(written("claim", [kept.transcript]), Path("r.test.yaml")), book)

    assert played.failed is None
    assert kept.course is not None
    assert kept.course.end == "completed: filed"
