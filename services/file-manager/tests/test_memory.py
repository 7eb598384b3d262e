"""A large file passes through a small memory."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from domain.commands import RecordFileStored
from domain.events import FileUploaded
from file_manager.adapters.memory_media import MemoryMedia, OfferedFile
from file_manager.adapters.s3_storage import S3Storage
from file_manager.use_cases.checks import Checks
from file_manager.use_cases.fetching import Fetcher
from file_manager.use_cases.keeping import FileKeeper

Uploads = Callable[..., FileUploaded]

MEBIBYTE = 1024 * 1024
PIECE = b"\0\0\0\x18ftypmp42" + os.urandom(65536 - 12)
PIECES = 100 * MEBIBYTE // len(PIECE)


@dataclass
class Measured:
    """A video of 100 MiB that notes, as each piece is taken, how large this process is."""

    sizes: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(PIECES):
            self.sizes.append(process_size())
            yield bytes(bytearray(PIECE))


def process_size() -> int:
    """Return the resident bytes of this process (Linux, proc(5))."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def watch(sizes: list[int]) -> None:
    """Note the size while the file is stored, when nothing is taken any more."""
    while True:
        sizes.append(process_size())
        await asyncio.sleep(0.01)


def hash_of_all() -> str:
    digest = hashlib.sha256()
    for _ in range(PIECES):
        digest.update(PIECE)
    return digest.hexdigest()


@pytest.mark.connected
async def test_a_file_of_100_mib_adds_less_than_64_mib_to_the_process(
    s3_storage: S3Storage, upload: Uploads, uploaded_at: datetime
) -> None:
    video = Measured()
    media = MemoryMedia({"media-1": OfferedFile(video, PIECES * len(PIECE), hash_of_all())})
    fetcher = Fetcher(media, 100 * MEBIBYTE, now=lambda: uploaded_at)
    keeper = FileKeeper(fetcher, Checks(), s3_storage)

    before, watched = process_size(), list[int]()
    watching = asyncio.create_task(watch(watched))
    outcome = await keeper.keep(
        upload(mime_type="video/mp4", kind="video", file_id=uuid4(), contact_id=uuid4()),
        uploaded_at=uploaded_at,
    )

    watching.cancel()
    assert isinstance(outcome, RecordFileStored)
    assert outcome.size == 100 * MEBIBYTE
    grown = max(*video.sizes, *watched) - before
    assert grown < 64 * MEBIBYTE, f"grew by {grown / MEBIBYTE:.0f} MiB"
