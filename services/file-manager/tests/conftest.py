"""What several tests of file-manager begin with: an upload, and a bucket of the test's own."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from devstack.clamd import ClamdStandIn
from devstack.endpoints import S3Endpoint
from devstack.ports import LOOPBACK
from domain.events import FileUploaded
from domain.events.file import FileDetails
from domain.ports.files import Filing
from faulty.line import Line
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage

Uploads = Callable[..., FileUploaded]
Buckets = Callable[..., Bucket]
Filings = Callable[..., Filing]


@pytest.fixture
def uploaded_at() -> datetime:
    return datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


@pytest.fixture
def upload() -> Uploads:
    def _upload(**changes: Any) -> FileUploaded:
        details: dict[str, Any] = {
            "contact_id": UUID(int=1),
            "session_id": UUID(int=2),
            "message_id": UUID(int=3),
            "file_id": UUID(int=4),
            "phone_number_id": "1060",
            "step": "photos",
            "kind": "image",
            "media_id": "media-1",
            "mime_type": "image/jpeg",
            "personal": FileDetails(file_name="Ana's passport.jpg", caption="me"),
        }
        return FileUploaded(**{**details, **changes})

    return _upload


@pytest.fixture
def filing(uploaded_at: datetime) -> Filings:
    """Describe whose file it is: somebody's of whom nothing was ever kept, with changes."""
    person = uuid4()

    def _filing(**changes: Any) -> Filing:
        details: dict[str, Any] = {
            "contact_id": person,
            "mime_type": "image/jpeg",
            "kind": "image",
            "uploaded_at": uploaded_at,
        }
        return Filing(**{**details, **changes})

    return _filing


@pytest.fixture(scope="session")
def bucket(s3: S3Endpoint) -> Buckets:
    """Describe the real bucket, with changes such as an endpoint that lies behind a proxy."""

    def _bucket(**changes: Any) -> Bucket:
        details: dict[str, Any] = {
            "name": s3.bucket,
            "endpoint_url": s3.endpoint_url,
            "region": s3.region,
            "access_key_id": s3.access_key_id,
            "secret_access_key": SecretStr(s3.secret_access_key),
        }
        return Bucket(**{**details, **changes})

    return _bucket


@pytest.fixture(scope="session")
async def s3_storage(bucket: Buckets) -> AsyncIterator[S3Storage]:
    storage = S3Storage(bucket())
    await storage.start()
    yield storage
    await storage.stop()


@pytest.fixture
async def line(s3: S3Endpoint) -> AsyncIterator[Line]:
    parts = urlsplit(s3.endpoint_url)
    line = Line(parts.hostname or "", parts.port or 80)
    await line.change("fine")
    yield line
    await line.close()


@pytest.fixture
async def scanner_line() -> AsyncIterator[Line]:
    """Lead to somebody who plays ClamAV."""
    async with ClamdStandIn().listening() as port:
        line = Line(LOOPBACK, port)
        await line.change("fine")
        yield line
        await line.close()
