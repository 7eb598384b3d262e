"""What is removed that nobody needs any more, and that nothing keeps the janitor from its work."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from domain.ports.files import Filing, StorageUnavailable
from domain.values import ContactId
from file_manager.adapters import s3_index
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.handlers import janitor
from file_manager.use_cases.tidying import Tidier

Filings = Callable[..., Filing]

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
KEY = f"1060/2026/11/{UUID(int=4)}/image.jpg"


@dataclass
class Watched(MemoryStorage):
    """Remembers up to when uploads were aborted; fails as often as it is told."""

    failures: list[Exception] = field(default_factory=list)
    aborted_before: list[datetime] = field(default_factory=list)
    came_again: asyncio.Event = field(default_factory=asyncio.Event)

    async def abort_uploads(self, *, begun_before: datetime) -> int:
        self.aborted_before.append(begun_before)
        if self.failures:
            raise self.failures.pop(0)
        self.came_again.set()
        return 3


async def test_uploads_of_more_than_a_day_and_files_whose_days_are_over_are_removed(
    filing: Filings,
) -> None:
    bucket = Watched()
    for_a_week = filing(keep_days=7, uploaded_at=NOW - timedelta(days=8))
    await bucket.store(KEY, MemoryContent(b"a photo"), for_a_week)

    done = await Tidier(bucket, now=lambda: NOW).tidy()

    assert (done.aborted, done.swept, done.has_rules) == (3, 1, False)
    assert bucket.aborted_before == [NOW - timedelta(days=1)]
    assert bucket.files == {}


@pytest.mark.parametrize("failure", [StorageUnavailable("gone"), ZeroDivisionError()], ids=repr)
async def test_the_janitor_tries_again_whatever_went_wrong(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(janitor, "_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(janitor, "_AGAIN_SECONDS", 0.0)
    bucket = Watched(failures=[failure])

    tidying = asyncio.create_task(janitor.tidy_for_ever(Tidier(bucket), hours=1000))
    async with asyncio.timeout(30):
        await bucket.came_again.wait()
    tidying.cancel()

    assert bucket.failures == []


def test_an_entry_about_the_end_of_a_file_says_all_that_is_to_be_deleted(filing: Filings) -> None:
    ana = filing(contact_id=ContactId(UUID(int=1)), keep_days=90)

    end, of_contact = s3_index.entries(KEY, "00ff", ana)
    read = s3_index.ending(end)

    assert read is not None
    assert (read.key, read.of_contact, read.days) == (KEY, of_contact, 90)
    assert read.last_day == date(2027, 2, 28)
    assert s3_index.key_of_entry(of_contact) == KEY


@pytest.mark.parametrize(
    "entry", ["index/ending/notes.txt", "index/ending/90d/2027-02-31/a/b/c", "index/ending/d/x"]
)
def test_what_others_put_into_the_index_is_left_alone(entry: str) -> None:
    assert s3_index.ending(entry) is None
