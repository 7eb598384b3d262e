"""What becomes of a file: kept when it is whole and right, else rejected with a reason."""

import errno
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from domain.commands import RecordFileRejected, RecordFileStored
from domain.events import FileUploaded
from domain.ports.files import (
    Content,
    Filing,
    Media,
    MediaUnavailable,
    MediaUntrusted,
    StorageRefused,
    StorageUnavailable,
    StoredFile,
)
from domain.values import ContactId
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.memory_media import MemoryMedia, OfferedFile
from file_manager.adapters.memory_scanner import MemoryScanner
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.use_cases.checks import Checks, Scanning
from file_manager.use_cases.file_types import declared_type
from file_manager.use_cases.inspecting import Inspected, InspectionUnavailable
from file_manager.use_cases.spool import Spool
from keeping_a_photo import (
    AT,
    BASE64,
    LIMIT,
    OTHER_BASE64,
    PHOTO,
    PHOTO_SHA256,
    Uploads,
    keep,
    keeping,
    offering,
    spoilt,
)


@dataclass
class Failing(MemoryStorage):
    failure: Exception = field(default_factory=StorageUnavailable)

    async def find(self, key: str) -> StoredFile | None:
        del key
        raise self.failure


class Cleaning:
    """An Inspector that takes something out of every file, and has it scanned."""

    async def reach(self) -> None:
        pass

    async def inspect(self, file: FileUploaded, fetched: Spool) -> Inspected:
        del file
        cleaned = MemoryContent(fetched.read(0, fetched.size) + b"cleaned")
        jpeg = declared_type("image/jpeg")
        assert jpeg is not None
        return Inspected(cleaned, jpeg, scanned=True)


class HurtingOnce(MemoryMedia):
    """Offers other bytes the first time, as if they were hurt on the way."""

    @asynccontextmanager
    async def open(
        self, media_id: str, *, phone_number_id: str, link: str | None = None, start: int = 0
    ) -> AsyncIterator[Media]:
        async with super().open(
            media_id, phone_number_id=phone_number_id, link=link, start=start
        ) as media:
            yield Media(spoilt(), None, None) if len(self.opened) == 1 else media


async def test_a_photo_is_kept_and_its_place_size_and_hash_are_told(upload: Uploads) -> None:
    storage = MemoryStorage()

    outcome = await keep(
        upload(sha256=BASE64), offering(PHOTO, len(PHOTO), PHOTO_SHA256.hexdigest()), storage
    )

    key = f"1060/2026/11/{UUID(int=4)}/image.jpg"
    assert outcome == RecordFileStored(
        contact_id=UUID(int=1),
        session_id=UUID(int=2),
        file_id=UUID(int=4),
        bucket="memory",
        key=key,
        size=len(PHOTO),
        mime_type="image/jpeg",
        sha256=PHOTO_SHA256.hexdigest(),
    )
    assert storage.files == {key: PHOTO}


async def test_the_month_in_a_files_place_is_that_of_the_event_in_utc(upload: Uploads) -> None:
    east = timezone(timedelta(hours=2))

    outcome = await keep(
        upload(), offering(PHOTO), MemoryStorage(), datetime(2027, 1, 1, 1, 0, tzinfo=east)
    )

    assert isinstance(outcome, RecordFileStored)
    assert outcome.key.startswith("1060/2026/12/")


async def test_a_files_place_never_holds_what_could_lead_elsewhere(upload: Uploads) -> None:
    outcome = await keep(
        upload(kind="../../x", phone_number_id="a/../b"), offering(PHOTO), MemoryStorage()
    )

    assert isinstance(outcome, RecordFileStored)
    assert outcome.key == f"a____b/2026/11/{UUID(int=4)}/______x.jpg"


async def test_a_repeated_event_reports_the_file_again_without_fetching_it(upload: Uploads) -> None:
    storage, media = MemoryStorage(), offering(PHOTO)

    once = await keep(upload(sha256=BASE64), media, storage)
    twice = await keep(upload(sha256=BASE64), media, storage)

    assert once == twice
    assert media.opened == ["media-1"]


async def test_bytes_hurt_on_the_way_are_fetched_once_more(upload: Uploads) -> None:
    media = HurtingOnce({"media-1": OfferedFile([PHOTO])})

    outcome = await keep(upload(sha256=BASE64), media, MemoryStorage())

    assert isinstance(outcome, RecordFileStored)
    assert media.opened == ["media-1", "media-1"]


async def test_the_same_photo_of_the_same_person_is_stored_once(upload: Uploads) -> None:
    storage = MemoryStorage()

    first = await keep(upload(sha256=BASE64), offering(PHOTO), storage)
    again = await keep(upload(sha256=BASE64, file_id=UUID(int=5)), offering(PHOTO), storage)

    assert isinstance(first, RecordFileStored)
    assert isinstance(again, RecordFileStored)
    assert len(storage.files) == 1
    assert again.key == first.key
    assert (first.duplicate_of, again.duplicate_of) == (None, UUID(int=4))


@pytest.mark.parametrize("other", [{"contact_id": UUID(int=9)}, {"keep_days": 90}], ids=str)
async def test_a_photo_of_another_person_or_for_another_time_is_stored_apart(
    upload: Uploads, other: dict[str, UUID | int]
) -> None:
    storage = MemoryStorage()

    await keep(upload(sha256=BASE64), offering(PHOTO), storage)
    again = await keep(
        upload(sha256=BASE64, file_id=UUID(int=5), **other), offering(PHOTO), storage
    )

    assert isinstance(again, RecordFileStored)
    assert again.duplicate_of is None
    assert len(storage.files) == 2


async def test_of_a_cleaned_photo_the_original_hash_is_told_every_time(upload: Uploads) -> None:
    media, storage = offering(PHOTO), MemoryStorage()
    keeper = keeping(media, storage, Cleaning())
    photo = upload(sha256=BASE64, strip_location=True)

    once, twice = [await keeper.keep(photo, uploaded_at=AT) for _ in range(2)]

    assert isinstance(once, RecordFileStored)
    assert once == twice
    assert once.original_sha256 == PHOTO_SHA256.hexdigest()
    assert once.sha256 == hashlib.sha256(PHOTO + b"cleaned").hexdigest()
    assert once.scanned
    assert media.opened == ["media-1"]


async def test_a_file_that_comes_again_after_its_person_was_erased_is_not_kept(
    upload: Uploads,
) -> None:
    storage, media = MemoryStorage(), offering(PHOTO)
    await storage.erase(ContactId(UUID(int=1)), at=AT + timedelta(hours=1))
    keeper = keeping(media, storage, now=AT + timedelta(hours=3))

    before = await keeper.keep(upload(), uploaded_at=AT, redriven=True)
    after = await keeper.keep(upload(), uploaded_at=AT + timedelta(hours=2), redriven=True)

    assert isinstance(before, RecordFileRejected)
    assert before.reason == "contact-erased"
    assert isinstance(after, RecordFileStored)


class ErasingMeanwhile(MemoryStorage):
    """Its person is erased by another instance, after the file's entry and before the file."""

    async def store(self, key: str, content: Content, filing: Filing) -> StoredFile:
        await self.erase(filing.contact_id, at=AT + timedelta(hours=1))
        return await super().store(key, content, filing)


async def test_a_file_whose_person_is_erased_meanwhile_is_not_kept(upload: Uploads) -> None:
    storage = ErasingMeanwhile()
    keeper = keeping(offering(PHOTO), storage, now=AT + timedelta(hours=1))

    outcome = await keeper.keep(upload(), uploaded_at=AT)

    assert (outcome.TYPE, storage.files) == (RecordFileRejected.TYPE, {})


async def test_a_file_of_more_than_a_week_ago_is_not_asked_for(upload: Uploads) -> None:
    media = offering(PHOTO)
    keeper = keeping(media, MemoryStorage(), now=AT + timedelta(days=7, seconds=1))

    outcome = await keeper.keep(upload(), uploaded_at=AT)

    assert isinstance(outcome, RecordFileRejected)
    assert outcome.reason == "media-expired"
    assert media.opened == []


REJECTED = [
    ("media-expired", {"media_id": "media-2"}, offering(PHOTO)),
    ("hash-mismatch", {"sha256": OTHER_BASE64}, offering(PHOTO)),
    ("hash-mismatch", {"sha256": "no base64!"}, offering(PHOTO)),
    ("hash-mismatch", {}, offering(PHOTO, sha256=hashlib.sha256(b"other").hexdigest())),
    ("hash-mismatch", {"sha256": BASE64}, offering(PHOTO, sha256="0" * 64)),
    ("hash-mismatch", {}, offering(PHOTO, size=len(PHOTO) + 1)),
    ("wrong-type", {}, offering(b"<html>an error page</html>")),
    ("wrong-type", {}, offering(b"")),
    ("wrong-type", {"mime_type": "application/pdf"}, offering(PHOTO)),
    ("wrong-type", {"mime_type": "text/plain"}, offering(b"MZ\x00\x01")),
    ("unsupported-type", {"mime_type": "application/x-msdownload"}, offering(b"MZ")),
    ("too-large", {}, offering(PHOTO, size=LIMIT + 1)),
    ("too-large", {}, offering(PHOTO + bytes(LIMIT))),
    ("too-large", {}, offering(PHOTO + bytes(LIMIT), size=100)),
    ("too-large", {"max_bytes": len(PHOTO) - 1}, offering(PHOTO, size=len(PHOTO))),
    ("too-large", {"max_bytes": len(PHOTO) - 1}, offering(PHOTO)),
    ("too-large", {"max_bytes": 10 * LIMIT}, offering(PHOTO + bytes(LIMIT))),
]


@pytest.mark.parametrize(("reason", "changes", "media"), REJECTED)
async def test_a_file_that_is_not_right_is_rejected_and_not_kept(
    upload: Uploads, reason: str, changes: dict[str, str | int], media: MemoryMedia
) -> None:
    storage = MemoryStorage()

    outcome = await keep(upload(**changes), media, storage)

    assert outcome == RecordFileRejected(
        contact_id=UUID(int=1), session_id=UUID(int=2), file_id=UUID(int=4), reason=reason
    )
    assert storage.files == {}


async def test_a_file_as_large_as_allowed_is_kept(upload: Uploads) -> None:
    largest = PHOTO + bytes(LIMIT - len(PHOTO))

    outcome = await keep(upload(), offering(largest, size=LIMIT), MemoryStorage())

    assert isinstance(outcome, RecordFileStored)


async def test_a_file_as_large_as_the_flow_takes_is_kept(upload: Uploads) -> None:
    outcome = await keep(upload(max_bytes=len(PHOTO)), offering(PHOTO), MemoryStorage())

    assert isinstance(outcome, RecordFileStored)


@pytest.mark.parametrize("failure", [StorageUnavailable(), StorageRefused()], ids=repr)
async def test_trouble_with_the_storage_decides_nothing_about_the_file(
    upload: Uploads, failure: Exception
) -> None:
    with pytest.raises(type(failure)):
        await keep(upload(), offering(PHOTO), Failing(failure=failure))


async def test_a_disk_without_room_decides_nothing_about_the_file(upload: Uploads) -> None:
    media = MemoryMedia({"media-1": OfferedFile(without_room())})

    with pytest.raises(StorageUnavailable, match="No space left"):
        await keep(upload(), media, MemoryStorage())


def without_room() -> Iterator[bytes]:
    yield PHOTO
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_trouble_with_the_platform_decides_nothing_about_the_file(upload: Uploads) -> None:
    storage = MemoryStorage()

    with pytest.raises(MediaUnavailable):
        await keep(upload(), BreakingOff(), storage)

    assert storage.files == {}


async def test_a_file_is_not_fetched_while_nobody_can_look_at_it(upload: Uploads) -> None:
    media, storage, scanner = offering(PHOTO), MemoryStorage(), MemoryScanner(gone="not there")
    keeper = keeping(media, storage, Checks(Scanning(scanner)))

    with pytest.raises(InspectionUnavailable, match="not there"):
        await keeper.keep(upload(), uploaded_at=AT)
    opened = list(media.opened)
    scanner.gone = None
    outcome = await keeper.keep(upload(), uploaded_at=AT)

    assert opened == []
    assert isinstance(outcome, RecordFileStored)
    assert outcome.scanned


async def test_a_file_behind_an_untrusted_link_is_rejected_after_a_minute(upload: Uploads) -> None:
    media, pauses = Misleading(times=99), Pauses()

    outcome = await keeping(media, MemoryStorage(), sleep=pauses).keep(upload(), uploaded_at=AT)

    assert isinstance(outcome, RecordFileRejected)
    assert outcome.reason == "media-untrusted"
    assert (len(media.opened), sum(pauses.slept)) == (3, 60.0)


async def test_a_file_whose_fresh_link_can_be_trusted_is_kept(upload: Uploads) -> None:
    media = Misleading(times=2)

    outcome = await keeping(media, MemoryStorage(), sleep=Pauses()).keep(upload(), uploaded_at=AT)

    assert isinstance(outcome, RecordFileStored)
    assert len(media.opened) == 3


class Misleading(MemoryMedia):
    """Gives a link that cannot be trusted so many times, then a right one."""

    def __init__(self, times: int) -> None:
        super().__init__({"media-1": OfferedFile([PHOTO])})
        self._times = times

    @asynccontextmanager
    async def open(
        self, media_id: str, *, phone_number_id: str, link: str | None = None, start: int = 0
    ) -> AsyncIterator[Media]:
        async with super().open(
            media_id, phone_number_id=phone_number_id, link=link, start=start
        ) as media:
            if len(self.opened) <= self._times:
                raise MediaUntrusted("elsewhere")
            yield media


class Pauses:
    """Remembers the seconds instead of waiting them."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


class BreakingOff(MemoryMedia):
    """Loses the connection midway."""

    def __init__(self) -> None:
        super().__init__({"media-1": OfferedFile(self._broken())})

    @staticmethod
    def _broken() -> Iterator[bytes]:
        yield PHOTO
        raise MediaUnavailable("connection lost")
