"""What every FileStorage promises, held by the one in memory and the one on real S3."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from domain.ports.files import FileCare, FileStorage, Filing
from domain.values import ContactId
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.adapters.s3_care import S3Care
from file_manager.adapters.s3_storage import S3Storage
from file_manager.adapters.s3_upload import PART_BYTES

Filings = Callable[..., Filing]

SMALL = b"\xff\xd8\xffa photo"
ONE_PART = bytes(PART_BYTES)
LARGE = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the rest"


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def new_key(kind: str = "image.jpg") -> str:
    return f"1060/2026/11/{uuid4()}/{kind}"


@pytest.fixture
def key() -> str:
    return new_key()


class FileStorageContract:
    """What file-manager relies on. Every adapter inherits these tests."""

    @pytest.mark.parametrize("content", [b"", SMALL, ONE_PART, LARGE], ids=len)
    async def test_a_stored_file_is_found_again_with_its_size_and_hash(
        self, storage: FileStorage, filing: Filings, key: str, content: bytes
    ) -> None:
        stored = await storage.store(key, MemoryContent(content), filing())

        assert (stored.key, stored.size, stored.sha256) == (key, len(content), hash_of(content))
        assert await storage.find(key) == stored

    async def test_what_was_done_to_a_file_is_found_on_it_again(
        self, storage: FileStorage, filing: Filings, key: str
    ) -> None:
        cleaned = filing(original_sha256=hash_of(b"with its place"), scanned=True)

        stored = await storage.store(key, MemoryContent(SMALL), cleaned)

        assert stored.original_sha256 == hash_of(b"with its place")
        assert stored.scanned
        assert await storage.find(key) == stored

    async def test_nothing_is_found_where_nothing_was_ever_stored(
        self, storage: FileStorage, key: str
    ) -> None:
        assert await storage.find(key) is None

    @pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
    async def test_storing_the_same_file_again_is_harmless(
        self, storage: FileStorage, filing: Filings, key: str, content: bytes
    ) -> None:
        once, twice = [await storage.store(key, MemoryContent(content), filing()) for _ in range(2)]

        assert once == twice == await storage.find(key)

    async def test_another_file_found_in_its_place_is_replaced(
        self, storage: FileStorage, filing: Filings, key: str
    ) -> None:
        await storage.store(key, MemoryContent(b"other"), filing())

        stored = await storage.store(key, MemoryContent(SMALL), filing())

        assert await storage.find(key) == stored
        assert stored.sha256 == hash_of(SMALL)

    async def test_the_same_bytes_are_known_of_the_same_person_alone(
        self, storage: FileStorage, filing: Filings, key: str
    ) -> None:
        of_ana, of_ben = filing(), filing(contact_id=uuid4())
        await storage.store(key, MemoryContent(SMALL), of_ana)

        assert await storage.filed(of_ana.contact_id, hash_of(SMALL), None) == [key]
        assert await storage.filed(of_ana.contact_id, hash_of(b"other"), None) == []
        assert await storage.filed(of_ana.contact_id, hash_of(SMALL), 90) == []
        assert await storage.filed(of_ben.contact_id, hash_of(SMALL), None) == []

    async def test_all_files_of_an_erased_person_are_gone_and_nobody_elses(
        self, storage: FileStorage, filing: Filings, uploaded_at: datetime
    ) -> None:
        ana, ben = filing(), filing(contact_id=uuid4())
        theirs, other = [new_key(), new_key()], new_key()
        for number, one in enumerate(theirs):
            kept = replace(ana, keep_days=90 if number else None)
            await storage.store(one, MemoryContent(SMALL), kept)
        await storage.store(other, MemoryContent(SMALL), ben)

        assert await storage.erase(ana.contact_id, at=uploaded_at) == 2

        assert [await storage.find(one) for one in theirs] == [None, None]
        assert await storage.find(other) is not None
        assert await storage.filed(ana.contact_id, hash_of(SMALL), None) == []
        assert await storage.erased_at(ana.contact_id) == uploaded_at
        assert await storage.erased_at(ben.contact_id) is None

    async def test_a_file_can_be_deleted_by_its_key_alone_and_again(
        self, storage: FileStorage, filing: Filings, key: str
    ) -> None:
        await storage.store(key, MemoryContent(SMALL), filing())

        for _ in range(2):
            await storage.delete(key)
            assert await storage.find(key) is None

    async def test_erasing_somebody_twice_is_harmless(
        self, storage: FileStorage, filing: Filings, key: str, uploaded_at: datetime
    ) -> None:
        ana = filing()
        await storage.store(key, MemoryContent(SMALL), ana)

        erased = [await storage.erase(ana.contact_id, at=uploaded_at) for _ in range(2)]

        assert erased == [1, 0]

    async def test_what_an_erased_person_sent_since_stays_when_they_are_erased_again(
        self, storage: FileStorage, filing: Filings, key: str, uploaded_at: datetime
    ) -> None:
        since = filing(uploaded_at=uploaded_at + timedelta(hours=1))
        await storage.store(key, MemoryContent(SMALL), since)

        assert await storage.erase(since.contact_id, at=uploaded_at) == 0

        assert await storage.find(key) is not None

    async def test_who_was_the_same_person_is_erased_with_them(
        self, storage: FileStorage, filing: Filings, key: str, uploaded_at: datetime
    ) -> None:
        younger, older = filing(), ContactId(uuid4())
        await storage.store(key, MemoryContent(SMALL), younger)
        await storage.merge(younger.contact_id, older)

        assert await storage.erase(older, at=uploaded_at) == 1

        assert await storage.find(key) is None

    async def test_a_file_whose_days_are_over_is_swept_away_and_no_other(
        self, storage: FileStorage, care: FileCare, filing: Filings, uploaded_at: datetime
    ) -> None:
        short, long, for_ever = new_key(), new_key(), new_key()
        for one, days in ((short, 30), (long, 90), (for_ever, None)):
            await storage.store(one, MemoryContent(SMALL), filing(keep_days=days))

        before = await care.sweep(now=uploaded_at + timedelta(days=29))
        after = await care.sweep(now=uploaded_at + timedelta(days=31, hours=1))

        assert (before, after) == (0, 1)
        assert await storage.find(short) is None
        assert await storage.find(long) is not None
        assert await storage.find(for_ever) is not None
        await storage.erase(filing().contact_id, at=uploaded_at)
        await care.sweep(now=uploaded_at + timedelta(days=92))

    async def test_the_files_are_listed_and_nothing_else(
        self, storage: FileStorage, care: FileCare, filing: Filings, key: str
    ) -> None:
        await storage.store(key, MemoryContent(SMALL), filing(keep_days=90))

        listed = [one async for one in care.listing()]

        assert [(one.key, one.size) for one in listed if one.key == key] == [(key, len(SMALL))]
        assert not [one.key for one in listed if one.key.startswith("index/")]


class TestMemoryStorage(FileStorageContract):
    @pytest.fixture
    def storage(self) -> MemoryStorage:
        return MemoryStorage()

    @pytest.fixture
    def care(self, storage: MemoryStorage) -> MemoryStorage:
        return storage


@pytest.mark.connected
class TestS3Storage(FileStorageContract):
    @pytest.fixture
    def storage(self, s3_storage: S3Storage) -> S3Storage:
        return s3_storage

    @pytest.fixture
    def care(self, s3_storage: S3Storage) -> S3Care:
        return S3Care(s3_storage)
