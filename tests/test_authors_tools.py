"""What authors of flows have, on the whole system: transcripts, recordings, and past sessions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstack.endpoints import Endpoints
from devstack.stack import Stack
from flow import shelf
from flow.course import course, replayed
from flow.live.playing import play_live
from flow.reading import parse, read
from flow.recording import record
from flow.report import failure
from flow.store import Past, reading
from flow.trying import play_file
from flow.writing import written

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

FLOWS = Path(__file__).parents[1] / "flows"
EVERY = shelf.transcript_files(FLOWS)
LIVED = timedelta(days=1)


@pytest.fixture(scope="module")
def alone(whole_stack: Stack) -> Iterator[Endpoints]:
    """Let transcripts answer lookups, not the desk."""
    whole_stack.stop("lookups")
    yield whole_stack.endpoints()
    whole_stack.start("lookups")


@pytest.fixture
async def pasts(alone: Endpoints) -> list[Past]:
    """Hand out all sessions that there were."""
    async with reading(alone.postgres) as store:
        ids = await store.since(datetime.now(UTC) - LIVED, 1000)
        found = [await store.session(one) for one in ids]
    return [past for past in found if past is not None]


@pytest.mark.parametrize("file", EVERY, ids=lambda file: file.name)
async def test_people_talk_to_the_system_as_the_transcripts_say(
    file: Path, alone: Endpoints
) -> None:
    book = shelf.book(FLOWS)
    written_down = read(file)

    went = [one async for one in play_live(written_down, book, alone)]

    told = [line for one in went if one.failed for line in failure(written_down, one.failed)]
    assert not told, "\n".join(told)
    assert len(went) == len(written_down.transcripts.transcripts)


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
