"""A FileKeeper on memory alone, and a photo for it to keep."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from domain.events import FileUploaded
from domain.ports.files import FileStorage, MediaSource
from file_manager.adapters.memory_media import MemoryMedia, OfferedFile
from file_manager.use_cases.checks import Checks
from file_manager.use_cases.fetching import Fetcher
from file_manager.use_cases.inspecting import Inspector
from file_manager.use_cases.keeping import FileKeeper, Outcome

Uploads = Callable[..., FileUploaded]

PHOTO = b"\xff\xd8\xff\xe0" + bytes(10_000)
PHOTO_SHA256 = hashlib.sha256(PHOTO)
BASE64 = base64.b64encode(PHOTO_SHA256.digest()).decode()
OTHER_BASE64 = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
LIMIT = 20_000
AT = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


async def spoilt() -> AsyncIterator[bytes]:
    yield PHOTO[:-1]


def offering(content: bytes, size: int | None = None, sha256: str | None = None) -> MemoryMedia:
    pieces = [content[at : at + 700] for at in range(0, len(content), 700)]
    return MemoryMedia({"media-1": OfferedFile(pieces, size, sha256)})


def keeping(
    media: MediaSource,
    storage: FileStorage,
    inspector: Inspector = Checks(),  # noqa: B008 its lock is nobody's
    *,
    now: datetime = AT,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> FileKeeper:
    fetcher = Fetcher(media, LIMIT, sleep=sleep, now=lambda: now)
    return FileKeeper(fetcher, inspector, storage, now=lambda: now)


async def keep(
    file: FileUploaded, media: MediaSource, storage: FileStorage, at: datetime = AT
) -> Outcome:
    return await keeping(media, storage, now=at).keep(file, uploaded_at=at)
