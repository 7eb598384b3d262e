import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.endpoints import Endpoints
from devstack.stack import Stack
from flow import shelf
from flow.live.playing import play_live
from flow.reading import read
from flow.report import failure

FLOWS = Path(__file__).parents[1] / "flows"
BOOK = shelf.book(FLOWS)


@pytest.fixture
def without_desk(whole_stack: Stack) -> Iterator[Endpoints]:
    """Hand out a system in which lookups are left to the transcripts."""
    whole_stack.stop("lookups")
    yield whole_stack.endpoints()
    whole_stack.start("lookups")


@pytest.mark.system
async def test_every_conversation_of_every_flow_goes_as_written_with_the_whole_system(
    without_desk: Endpoints,
) -> None:
    played = await asyncio.gather(
        *(_played(path, without_desk) for path in shelf.transcript_files(FLOWS))
    )

    assert "\n".join(line for lines in played for line in lines) == ""
    assert len(played) == len(BOOK.current)


async def _played(path: Path, known: Endpoints) -> list[str]:
    file = read(path)
    went = [one.failed async for one in play_live(file, BOOK, known)]
    return [line for failed in went if failed is not None for line in failure(file, failed)]
