"""S3 that is slow, gone, refuses or dies in the middle: nothing half-stored is seen or stays."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import aioboto3
import pytest
from pydantic import SecretStr

from domain.ports.files import Filing, StorageUnavailable, StoredFile
from faulty.line import Line
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage
from file_manager.adapters.s3_upload import PART_BYTES

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

pytestmark = pytest.mark.connected

Buckets = Callable[..., Bucket]
Counting = Callable[[str], Awaitable[int]]
Storing = Callable[[S3Storage, str, bytes], Awaitable[StoredFile]]

LARGE = bytes(3 * PART_BYTES)


@pytest.fixture
def key() -> str:
    return f"1060/2026/11/{uuid4()}/video.mp4"


@pytest.fixture
async def behind_line(bucket: Buckets, line: Line) -> AsyncIterator[S3Storage]:
    # On a busy machine a storage that is well takes seconds to answer.
    storage = S3Storage(bucket(endpoint_url=f"http://{line.address}", answer_seconds=20.0))
    await storage.start()
    yield storage
    await storage.stop()


@pytest.fixture
async def impatient(bucket: Buckets, line: Line) -> AsyncIterator[S3Storage]:
    storage = S3Storage(bucket(endpoint_url=f"http://{line.address}", answer_seconds=1.0))
    await storage.start()
    yield storage
    await storage.stop()


@pytest.fixture(scope="session")
async def witness(bucket: Buckets) -> AsyncIterator["S3Client"]:
    """Look at the bucket without any code of ours."""
    async with aioboto3.Session().client("s3", **bucket().client_arguments()) as client:
        yield client


@dataclass
class Endless:
    """Tells when so much was taken that parts must already lie on the server's side."""

    under_way: asyncio.Event
    size: int = 1000 * PART_BYTES
    sha256: str = "0" * 64

    async def parts(self, size: int) -> AsyncIterator[bytes]:
        sent = 0
        while True:
            yield bytes(size)
            sent += size
            if sent > 4 * PART_BYTES:
                self.under_way.set()


@pytest.fixture
def store(filing: Callable[..., Filing]) -> Storing:
    async def _store(storage: S3Storage, key: str, content: bytes) -> StoredFile:
        return await storage.store(key, MemoryContent(content), filing(mime_type="video/mp4"))

    return _store


@pytest.fixture
def unfinished(witness: "S3Client", bucket: Buckets) -> Counting:
    """Count the uploads of a key that were begun and did not end."""

    async def _unfinished(key: str) -> int:
        listed = await witness.list_multipart_uploads(Bucket=bucket().name, Prefix=key)
        return len(listed.get("Uploads", []))

    return _unfinished


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not happened():  # noqa: ASYNC110 what is waited for happens in another process
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("content", [b"small", LARGE], ids=len)
async def test_a_storage_that_is_gone_is_unavailable_and_works_when_back(
    behind_line: S3Storage, line: Line, store: Storing, key: str, content: bytes
) -> None:
    await line.change("restarting")

    with pytest.raises(StorageUnavailable):
        await behind_line.find(key)
    with pytest.raises(StorageUnavailable):
        await store(behind_line, key, content)

    await line.change("fine")
    stored = await store(behind_line, key, content)
    assert await behind_line.find(key) == stored


async def test_a_storage_that_dies_midway_shows_nothing_and_is_cleaned_when_back(
    behind_line: S3Storage, line: Line, store: Storing, unfinished: Counting, key: str
) -> None:
    line.cut_after = PART_BYTES + PART_BYTES // 2

    with pytest.raises(StorageUnavailable):
        await store(behind_line, key, LARGE)

    assert await unfinished(key) == 1
    await line.change("fine")
    assert await behind_line.find(key) is None
    await store(behind_line, key, LARGE)
    assert await unfinished(key) == 0


async def test_a_storage_that_does_not_answer_in_time_is_unavailable(
    impatient: S3Storage, line: Line, key: str
) -> None:
    line.held_up = True

    with pytest.raises(StorageUnavailable):
        await impatient.find(key)


async def test_an_upload_that_is_cancelled_leaves_no_parts_behind(
    s3_storage: S3Storage, filing: Callable[..., Filing], unfinished: Counting, key: str
) -> None:
    under_way = asyncio.Event()
    storing = asyncio.create_task(s3_storage.store(key, Endless(under_way), filing()))
    async with asyncio.timeout(60):
        await under_way.wait()
    before = await unfinished(key)

    storing.cancel()
    await asyncio.gather(storing, return_exceptions=True)

    assert storing.cancelled()
    assert before == 1
    assert await unfinished(key) == 0


async def test_a_file_in_the_bucket_carries_its_type_and_hash_and_no_name(
    s3_storage: S3Storage, store: Storing, key: str, bucket: Buckets, witness: "S3Client"
) -> None:
    await store(s3_storage, key, LARGE)

    head = await witness.head_object(Bucket=bucket().name, Key=key)
    assert head["ContentType"] == "video/mp4"
    assert head["Metadata"] == {"sha256": hashlib.sha256(LARGE).hexdigest()}


async def test_a_bucket_that_is_missing_is_waited_for(
    bucket: Buckets, store: Storing, key: str
) -> None:
    storage = S3Storage(bucket(name="no-such-bucket"))
    await storage.start()

    with pytest.raises(StorageUnavailable, match="NoSuchBucket"):
        await store(storage, key, b"small")

    await storage.stop()


async def test_wrong_credentials_are_waited_for_and_never_shown(
    bucket: Buckets, store: Storing, key: str
) -> None:
    wrong = bucket(secret_access_key=SecretStr("not-the-secret"))
    storage = S3Storage(wrong)
    await storage.start()

    with pytest.raises(StorageUnavailable) as raised:
        await store(storage, key, b"small")

    await storage.stop()
    assert "not-the-secret" not in f"{raised.value!r} {wrong!r}"


async def test_the_storage_is_ready_as_soon_as_the_bucket_was_reached(
    bucket: Buckets, line: Line
) -> None:
    await line.change("restarting")
    storage = S3Storage(bucket(endpoint_url=f"http://{line.address}"))
    await storage.start()
    before = storage.ready()

    await line.change("fine")
    await until(lambda: storage.ready() is None)

    await storage.stop()
    assert before is not None
