"""Files on a storage that keeps versions, tags and checksums, as large installations have it."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aioboto3
import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from deploycheck.gateway import gateway
from devstack.endpoints import S3Endpoint
from domain.ports.files import Filing, StorageRefused, StorageUnavailable
from domain.values import ContactId
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_care import S3Care
from file_manager.adapters.s3_storage import S3Storage
from file_manager.adapters.s3_upload import PART_BYTES

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client

pytestmark = pytest.mark.deploy

AT = datetime(2026, 11, 30, tzinfo=UTC)
SMALL = b"\xff\xd8\xffa photo"
LARGE = bytes(range(256)) * (2 * PART_BYTES // 256) + b"the rest"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Endpoint]:
    folder: Path = tmp_path_factory.mktemp("gateway")
    with gateway(folder) as s3:
        yield s3


def bucket_of(s3: S3Endpoint, **changes: Any) -> Bucket:
    details: dict[str, Any] = {
        "name": s3.bucket,
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key_id": s3.access_key_id,
        "secret_access_key": SecretStr(s3.secret_access_key),
        "rules": True,
        "encryption": "AES256",
    }
    return Bucket(**{**details, **changes})


@pytest.fixture(scope="module")
async def witness(endpoint: S3Endpoint) -> AsyncIterator["S3Client"]:
    """Look at the bucket without any code of ours."""
    arguments = bucket_of(endpoint).client_arguments()
    async with aioboto3.Session().client("s3", **arguments) as client:
        await client.put_bucket_versioning(
            Bucket=endpoint.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        yield client


@pytest.fixture
async def storage(endpoint: S3Endpoint, witness: "S3Client") -> AsyncIterator[S3Storage]:
    del witness  # whoever writes first would write without versions
    storage = S3Storage(bucket_of(endpoint))
    await storage.open()
    yield storage
    await storage.stop()


@pytest.fixture
def key() -> str:
    return f"1060/2026/11/{uuid4()}/image.jpg"


def filing(**changes: Any) -> Filing:
    details: dict[str, Any] = {
        "contact_id": ContactId(uuid4()),
        "mime_type": "image/jpeg",
        "kind": "image",
        "uploaded_at": AT,
    }
    return Filing(**{**details, **changes})


async def versions(witness: "S3Client", bucket: str, prefix: str) -> int:
    listed = await witness.list_object_versions(Bucket=bucket, Prefix=prefix)
    return len(listed.get("Versions", ())) + len(listed.get("DeleteMarkers", ()))


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
async def test_a_file_is_kept_with_its_checksum_and_tags(
    storage: S3Storage, witness: "S3Client", endpoint: S3Endpoint, key: str, content: bytes
) -> None:
    stored = await storage.store(key, MemoryContent(content), filing(keep_days=90))

    got = await witness.get_object(Bucket=endpoint.bucket, Key=key, ChecksumMode="ENABLED")
    tagged = await witness.get_object_tagging(Bucket=endpoint.bucket, Key=key)
    body = await got["Body"].read()
    assert hashlib.sha256(body).hexdigest() == stored.sha256
    assert got.get("ChecksumSHA256")
    assert {one["Key"]: one["Value"] for one in tagged["TagSet"]} == {
        "kind": "image",
        "keep": "90d",
    }


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
async def test_a_file_that_is_stored_again_is_not_written_again(
    storage: S3Storage, witness: "S3Client", endpoint: S3Endpoint, key: str, content: bytes
) -> None:
    same = filing()

    once, twice = [await storage.store(key, MemoryContent(content), same) for _ in range(2)]

    assert once == twice
    assert await versions(witness, endpoint.bucket, key) == 1


async def test_an_erased_persons_files_are_gone_in_every_version(
    storage: S3Storage, witness: "S3Client", endpoint: S3Endpoint, key: str
) -> None:
    ana = filing()
    for content in (b"first", SMALL):
        await storage.store(key, MemoryContent(content), ana)
    await witness.delete_object(Bucket=endpoint.bucket, Key=key)
    before = await versions(witness, endpoint.bucket, key)

    await storage.erase(ana.contact_id, at=AT)

    assert before == 3
    assert await versions(witness, endpoint.bucket, key) == 0
    assert await versions(witness, endpoint.bucket, f"index/contacts/{ana.contact_id}/") == 0


async def test_a_file_whose_days_are_over_is_gone_in_every_version(
    storage: S3Storage, witness: "S3Client", endpoint: S3Endpoint, key: str
) -> None:
    await storage.store(key, MemoryContent(SMALL), filing(keep_days=7))

    swept = await S3Care(storage).sweep(now=AT + timedelta(days=9))

    assert swept == 1
    assert await versions(witness, endpoint.bucket, key) == 0
    assert await versions(witness, endpoint.bucket, "index/ending/7d/") == 0


async def test_an_upload_that_nobody_ended_is_aborted_once_it_is_old(
    storage: S3Storage, witness: "S3Client", endpoint: S3Endpoint, key: str
) -> None:
    await witness.create_multipart_upload(Bucket=endpoint.bucket, Key=key)
    care = S3Care(storage)

    young = await care.abort_uploads(begun_before=datetime.now(UTC) - timedelta(days=1))
    old = await care.abort_uploads(begun_before=datetime.now(UTC) + timedelta(days=1))

    listed = await witness.list_multipart_uploads(Bucket=endpoint.bucket)
    assert (young, old) == (0, 1)
    assert not listed.get("Uploads")


async def test_where_there_are_no_rules_files_are_swept_all_the_same(storage: S3Storage) -> None:
    assert await S3Care(storage).write_rules() is False


async def test_a_link_that_was_changed_or_is_over_leads_nowhere(
    storage: S3Storage, key: str
) -> None:
    await storage.store(key, MemoryContent(SMALL), filing())
    link = await storage.link(key, file_name="a-photo.jpg", seconds=60)
    over = await storage.link(key, file_name="a-photo.jpg", seconds=-60)

    async with httpx.AsyncClient(trust_env=False) as anybody:
        right = await anybody.get(link)
        answers = [
            await anybody.get(one)
            for one in (over, link.replace("a-photo.jpg", "b.exe"), link.partition("?")[0])
        ]

    assert right.content == SMALL
    assert all(answer.status_code in {400, 403} for answer in answers)


async def test_without_the_right_keys_nothing_is_stored(
    endpoint: S3Endpoint, witness: "S3Client", key: str
) -> None:
    wrong = S3Storage(bucket_of(endpoint, secret_access_key=SecretStr("not the key")))
    await wrong.open()

    with pytest.raises(StorageUnavailable):
        await wrong.store(key, MemoryContent(SMALL), filing())

    await wrong.stop()
    assert await versions(witness, endpoint.bucket, key) == 0


async def test_a_locked_file_can_be_neither_swept_nor_erased_before_its_lock_ends(
    endpoint: S3Endpoint, witness: "S3Client", key: str
) -> None:
    name = "locked-files"
    await witness.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    storage = S3Storage(bucket_of(endpoint, name=name, lock="GOVERNANCE", lock_days=1))
    await storage.open()
    ana, other = filing(keep_days=1), key.replace("image", "video")
    await storage.store(key, MemoryContent(SMALL), ana)
    free = S3Storage(bucket_of(endpoint, name=name))
    await free.open()
    await free.store(other, MemoryContent(LARGE), replace(ana, keep_days=None))

    with pytest.raises(StorageRefused):
        await storage.erase(ana.contact_id, at=AT)
    with capture_logs() as logged:
        assert await S3Care(storage).sweep(now=AT + timedelta(days=3)) == 0

    assert [one["files"] for one in logged if one["log_level"] == "error"] == [1]
    assert await storage.find(key) is not None
    assert await storage.find(other) is None
    await free.stop()
    await storage.stop()
