"""How a file comes to this machine: in one go or in several, at a pace, and never too much."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from domain.events import FileUploaded
from domain.ports.files import Media, MediaUnavailable
from file_manager.use_cases.fetching import Fetcher
from file_manager.use_cases.pace import Pace
from file_manager.use_cases.spool import MEMORY_BYTES, Spool

Uploads = Callable[..., FileUploaded]

AT = datetime(2026, 11, 30, tzinfo=UTC)
FILE = bytes(range(256)) * 40
ANNOUNCED = base64.b64encode(hashlib.sha256(FILE).digest()).decode()


@dataclass
class Breaking:
    """A platform whose line is cut after so many bytes of each answer; the last holds."""

    cuts: list[int]
    resumes: bool = True
    asked: list[tuple[str | None, int]] = field(default_factory=list)

    @asynccontextmanager
    async def open(
        self, media_id: str, *, phone_number_id: str, link: str | None = None, start: int = 0
    ) -> AsyncIterator[Media]:
        del media_id, phone_number_id
        self.asked.append((link, start))
        begin = start if self.resumes else 0
        yield Media(self._pieces(begin), len(FILE), None, start=begin)

    async def _pieces(self, begin: int) -> AsyncIterator[bytes]:
        if self.cuts:
            cut = self.cuts.pop(0)
            if cut:
                yield FILE[begin : begin + cut]
            raise MediaUnavailable("the line was cut")
        yield FILE[begin:]


async def fetched(source: Breaking, file: FileUploaded, *, age: float = 0.0) -> bytes:
    fetcher = Fetcher(source, 1_000_000, now=lambda: AT + timedelta(seconds=age))
    spool = await fetcher.fetch(file, uploaded_at=AT)
    whole = spool.read(0, spool.size)
    spool.close()
    return whole


async def test_a_download_goes_on_where_the_line_was_cut(upload: Uploads) -> None:
    source = Breaking([4000, 3000])

    assert await fetched(source, upload(sha256=ANNOUNCED)) == FILE
    assert [start for _, start in source.asked] == [0, 4000, 7000]


async def test_a_download_that_is_cut_behind_its_last_byte_is_whole(upload: Uploads) -> None:
    source = Breaking([len(FILE)])

    assert await fetched(source, upload(sha256=ANNOUNCED)) == FILE
    assert source.asked == [(None, 0), (None, len(FILE))]


async def test_a_download_begins_anew_where_the_platform_does(upload: Uploads) -> None:
    source = Breaking([4000], resumes=False)

    assert await fetched(source, upload(sha256=ANNOUNCED)) == FILE


async def test_a_file_that_nobody_announced_is_not_put_together_from_two(upload: Uploads) -> None:
    source = Breaking([4000])

    with pytest.raises(MediaUnavailable):
        await fetched(source, upload())

    assert len(source.asked) == 1


async def test_a_line_on_which_nothing_comes_any_more_is_given_up(upload: Uploads) -> None:
    source = Breaking([4000, 0])

    with pytest.raises(MediaUnavailable):
        await fetched(source, upload(sha256=ANNOUNCED))

    assert len(source.asked) == 2


@pytest.mark.parametrize(("age", "link"), [(10.0, "https://here/"), (290.0, None)])
async def test_the_link_of_the_message_is_followed_while_it_lives(
    upload: Uploads, age: float, link: str | None
) -> None:
    source = Breaking([])

    await fetched(source, upload(media_url="https://here/"), age=age)

    assert source.asked == [(link, 0)]


async def test_downloads_keep_to_the_rate_that_they_may_have_together() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pace = Pace(1000, clock=lambda: 100.0 + sum(slept), sleep=sleep)

    for _ in range(10):
        await pace.passed(500)

    assert sum(slept) == pytest.approx(4.0)  # 5,000 bytes, of which the first second is a burst


@pytest.mark.parametrize("size", [0, 1, MEMORY_BYTES + 1])
async def test_what_is_on_its_way_is_read_as_it_came(size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    spool = Spool()
    for start in range(0, size, 700_000):
        await spool.append(content[start : min(size, start + 700_000)])
    await spool.flush()

    parts = [part async for part in spool.parts(1_000_000)]

    assert b"".join(parts) == content[:size]
    assert (spool.size, spool.sha256) == (size, hashlib.sha256(content[:size]).hexdigest())
    spool.close()
