"""Where people's files come from and where they are kept.

MediaUnavailable     the platform is slow or gone: try again later
MediaGone            the platform has it no more, or never had: trying again cannot help
MediaUntrusted       its link leads where we do not fetch from: a fresh link may not
StorageUnavailable   the bucket is slow or gone: try again later
StorageRefused       the bucket will not take it: a person must look
HashMismatch         the bytes are not those that were announced
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


class MediaUnavailable(Exception):
    """Trying again later can help."""


class MediaGone(Exception):
    """Trying again cannot help: the id or its link has expired, or never was."""


class MediaUntrusted(Exception):
    """The platform's link leads where we do not fetch from, or nowhere; a fresh one may not."""


class StorageUnavailable(Exception):
    """Trying again later can help."""


class StorageRefused(Exception):
    """Trying again cannot help. The reason is short and holds nothing personal."""


class HashMismatch(Exception):
    """The bytes are not those that the platform announced."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file on its way: its bytes come in pieces, once."""

    content: AsyncIterator[bytes]
    size: int | None
    """Bytes, where the platform says so; not yet believed."""
    sha256: str | None
    """Hex, where the platform says so; not yet believed."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the bucket."""

    bucket: str
    key: str
    size: int
    sha256: str
    """Hex."""


class MediaSource(Protocol):
    """Opens files by the platform's media id."""

    def open(self, media_id: str, *, phone_number_id: str) -> AbstractAsyncContextManager[Media]:
        """Open the file for one pass in bounded memory.

        Entering or reading raises MediaUnavailable, MediaGone or MediaUntrusted.
        """
        ...


class FileStorage(Protocol):
    """Keeps files. Nothing half-stored is ever visible or left behind."""

    async def find(self, key: str) -> StoredFile | None:
        """Return the whole file under `key`, if it is there.

        Raises StorageUnavailable or StorageRefused.
        """
        ...

    async def store(
        self,
        key: str,
        content: AsyncIterator[bytes],
        *,
        mime_type: str,
        expected_sha256: str | None,
    ) -> StoredFile:
        """Store the pieces under `key`, in bounded memory; storing again the same is harmless.

        `expected_sha256` is hex; other bytes raise HashMismatch and leave nothing behind.
        Raises StorageUnavailable or StorageRefused; what `content` raises passes through, and
        nothing stays behind.
        """
        ...
