"""What is found when events and bucket do not agree, and what is left alone."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.events import (
    ContactAbsorbed,
    ContactErased,
    Event,
    FileRejected,
    FileStored,
    FileUploaded,
)
from domain.events.contact import Names
from domain.ports.file_history import Past
from domain.ports.files import Filing
from domain.values import ContactId, FileId, SessionId
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.use_cases.verifying import Verdict, Verifier

Uploads = Callable[..., FileUploaded]
Filings = Callable[..., Filing]

NOW = datetime(2026, 12, 1, tzinfo=UTC)
THEN = NOW - timedelta(hours=5)
KEY = f"1060/2026/11/{UUID(int=4)}/image.jpg"
ANA, OLDER = ContactId(UUID(int=1)), ContactId(UUID(int=7))
PHOTO = MemoryContent(b"a photo")


@dataclass
class History:
    events: list[tuple[Event, datetime]]
    complete_since: datetime | None = None

    async def read(self) -> AsyncIterator[Past]:
        for event, at in self.events:
            yield Past(event, at)


def stored(**changes: object) -> FileStored:
    told = FileStored(
        contact_id=ANA,
        session_id=SessionId(UUID(int=2)),
        file_id=FileId(UUID(int=4)),
        bucket="memory",
        key=KEY,
        size=PHOTO.size,
        mime_type="image/jpeg",
        sha256=PHOTO.sha256,
    )
    return told.model_copy(update=changes)


@pytest.fixture
async def bucket(filing: Filings) -> MemoryStorage:
    storage = MemoryStorage()
    await storage.store(KEY, PHOTO, filing(contact_id=ANA, uploaded_at=THEN))
    return storage


async def found(
    storage: MemoryStorage, *events: Event, since: datetime | None = None, at: datetime = THEN
) -> list[tuple[str, str]]:
    verdict = await compared(storage, *events, since=since, at=at)
    return [(one.what, one.key) for one in verdict.findings]


async def compared(
    storage: MemoryStorage, *events: Event, since: datetime | None = None, at: datetime = THEN
) -> Verdict:
    history = History([(event, at) for event in events])
    if since is not None:
        history.complete_since = since
    return await Verifier(history, storage, storage, now=lambda: NOW).verify()


async def test_a_file_that_was_told_of_and_lies_there_is_as_it_has_to_be(
    bucket: MemoryStorage, upload: Uploads
) -> None:
    verdict = await compared(bucket, upload(), stored())

    assert verdict.holds
    assert (verdict.events, verdict.objects) == (2, 1)


async def test_a_file_that_was_told_of_and_is_not_there_is_found() -> None:
    assert await found(MemoryStorage(), stored()) == [("object-missing", KEY)]


@pytest.mark.parametrize("other", [{"size": 1}, {"sha256": "0" * 64}], ids=str)
async def test_a_file_that_is_another_one_than_was_told_is_found(
    bucket: MemoryStorage, other: dict[str, object]
) -> None:
    assert await found(bucket, stored(**other)) == [("object-differs", KEY)]


async def test_a_file_that_nobody_told_of_is_found(bucket: MemoryStorage) -> None:
    assert await found(bucket) == [("object-without-event", KEY)]


async def test_a_file_from_before_the_events_that_are_kept_is_left_alone(
    bucket: MemoryStorage,
) -> None:
    assert await found(bucket, since=THEN + timedelta(minutes=1)) == []


async def test_a_file_that_may_still_be_told_of_is_left_alone(
    bucket: MemoryStorage, filing: Filings
) -> None:
    just_now = replace(filing(), uploaded_at=NOW - timedelta(minutes=1))
    bucket.held.clear()
    await bucket.store(KEY, PHOTO, just_now)

    assert await found(bucket) == []


async def test_a_file_whose_days_are_over_need_not_be_there(upload: Uploads) -> None:
    for_a_day = upload(keep_days=1)

    assert await found(MemoryStorage(), for_a_day, stored(), at=NOW - timedelta(days=2)) == []


async def test_a_file_of_an_erased_person_that_is_still_there_is_found(
    bucket: MemoryStorage,
) -> None:
    absorbed = ContactAbsorbed(
        contact_id=OLDER, absorbed=ANA, phone_number_id="1060", personal=Names()
    )

    assert await found(bucket, stored(), ContactErased(contact_id=ANA)) == [
        ("object-of-erased", KEY)
    ]
    assert await found(bucket, stored(), absorbed, ContactErased(contact_id=OLDER)) == [
        ("object-of-erased", KEY)
    ]
    bucket.held.clear()
    assert await found(bucket, stored(), ContactErased(contact_id=ANA)) == []


async def test_a_file_of_which_nobody_said_what_became_is_found(upload: Uploads) -> None:
    rejected = FileRejected(
        contact_id=ANA, session_id=SessionId(UUID(int=2)), file_id=FileId(UUID(int=4)), reason="x"
    )

    assert await found(MemoryStorage(), upload()) == [("upload-without-outcome", str(UUID(int=4)))]
    assert await found(MemoryStorage(), upload(), rejected) == []
