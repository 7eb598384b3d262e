"""What every FileStorage promises, held by the one in memory and the one on real S3."""

import hashlib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain.ports.files import FileStorage, HashMismatch, MediaUnavailable
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.adapters.s3_parts import PART_BYTES
from file_manager.adapters.s3_storage import S3Storage

SMALL = b"\xff\xd8\xffa photo"
ONE_PART = bytes(PART_BYTES)
LARGE = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the rest"
PIECE = 300_000


async def pieces_of(content: bytes, failure: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
    if failure is not None:
        raise failure


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def key() -> str:
    return f"1060/2026/11/{uuid4()}/image.jpg"


class FileStorageContract:
    """What file-manager relies on. Every adapter inherits these tests."""

    @pytest.mark.parametrize("content", [b"", SMALL, ONE_PART, LARGE], ids=len)
    @pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
    async def test_a_stored_file_is_found_again_with_its_size_and_hash(
        self, storage: FileStorage, key: str, content: bytes, *, announced: bool
    ) -> None:
        expected = hash_of(content) if announced else None

        stored = await storage.store(
            key, pieces_of(content), mime_type="image/jpeg", expected_sha256=expected
        )

        assert (stored.key, stored.size, stored.sha256) == (key, len(content), hash_of(content))
        assert await storage.find(key) == stored

    async def test_nothing_is_found_where_nothing_was_ever_stored(
        self, storage: FileStorage, key: str
    ) -> None:
        assert await storage.find(key) is None

    @pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
    async def test_other_bytes_than_those_announced_leave_nothing_behind(
        self, storage: FileStorage, key: str, content: bytes
    ) -> None:
        with pytest.raises(HashMismatch):
            await storage.store(
                key,
                pieces_of(content),
                mime_type="image/jpeg",
                expected_sha256=hash_of(b"something else"),
            )

        assert await storage.find(key) is None

    @pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
    async def test_a_source_that_breaks_off_leaves_nothing_behind(
        self, storage: FileStorage, key: str, content: bytes
    ) -> None:
        broken = MediaUnavailable("connection lost")

        with pytest.raises(MediaUnavailable) as raised:
            await storage.store(
                key, pieces_of(content, broken), mime_type="image/jpeg", expected_sha256=None
            )

        assert raised.value is broken
        assert await storage.find(key) is None

    async def test_storing_the_same_file_again_is_harmless(
        self, storage: FileStorage, key: str
    ) -> None:
        once, twice = [
            await storage.store(
                key, pieces_of(SMALL), mime_type="image/jpeg", expected_sha256=hash_of(SMALL)
            )
            for _ in range(2)
        ]

        assert once == twice == await storage.find(key)


class TestMemoryStorage(FileStorageContract):
    @pytest.fixture
    def storage(self) -> MemoryStorage:
        return MemoryStorage()


@pytest.mark.connected
class TestS3Storage(FileStorageContract):
    @pytest.fixture
    def storage(self, s3_storage: S3Storage) -> S3Storage:
        return s3_storage
