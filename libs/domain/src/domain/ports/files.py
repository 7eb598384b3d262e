"""Where people's files come from and where they are kept.

MediaUnavailable     the platform is slow or gone: try again later
MediaGone            the platform has it no more, or never had: trying again cannot help
MediaUntrusted       its link leads where we do not fetch from: a fresh link may not
StorageUnavailable   the bucket is slow or gone: try again later
StorageRefused       the bucket will not take it: a person must look
HashMismatch         the bytes are not those that were announced
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.values import ContactId


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
    """Bytes of the whole file, where the platform says so; not yet believed."""
    sha256: str | None
    """Hex, where the platform says so; not yet believed."""
    start: int = 0
    """Which of the file's bytes comes first: the one that was asked for, or 0."""


class Content(Protocol):
    """A whole file on this machine, as it is to be stored."""

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def sha256(self) -> str:
        """Hex."""
        ...

    def parts(self, size: int) -> AsyncIterator[bytes]:
        """Yield all of it in parts of `size`, the last one less; of nothing, one that is empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What a file is filed under, and what stands on it."""

    contact_id: ContactId
    """Whose it is: erased with the person."""
    mime_type: str
    kind: str
    keep_days: int | None = None
    """Deleted so many days after `uploaded_at`; none keeps it until the person is erased."""
    uploaded_at: datetime
    original_sha256: str | None = None
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the bucket."""

    bucket: str
    key: str
    size: int
    sha256: str
    """Hex."""
    original_sha256: str | None = None
    """Hex; of the bytes that came, where others are kept."""
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the bucket lists it."""

    key: str
    size: int
    modified_at: datetime


class MediaSource(Protocol):
    """Opens files by the platform's media id."""

    def open(
        self, media_id: str, *, phone_number_id: str, link: str | None = None, start: int = 0
    ) -> AbstractAsyncContextManager[Media]:
        """Open the file for one pass in bounded memory, from byte `start` if the platform can.

        `link` is where it is said to be; it is looked up where that does not lead to it.
        Entering or reading raises MediaUnavailable, MediaGone or MediaUntrusted.
        """
        ...


class FileStorage(Protocol):
    """Keeps files. Nothing half-stored is ever visible or left behind.

    Every call raises StorageUnavailable or StorageRefused.
    """

    async def find(self, key: str) -> StoredFile | None:
        """Return the whole file under `key`, if it is there."""
        ...

    async def filed(
        self, contact_id: ContactId, sha256: str, keep_days: int | None
    ) -> Sequence[str]:
        """Return the keys under which these bytes of the person lie, or were to lie."""
        ...

    async def store(self, key: str, content: Content, filing: Filing) -> StoredFile:
        """Store it under `key`, in bounded memory; storing again the same is harmless."""
        ...

    async def delete(self, key: str) -> None:
        """Delete what lies under `key` in every version; that nothing does is no failure."""
        ...

    async def link(self, key: str, *, file_name: str, seconds: int) -> str:
        """Return an address from which whoever has it downloads the file, for so long.

        It is a secret: it belongs into no event and no log.
        """
        ...

    async def merge(self, younger: ContactId, into: ContactId) -> None:
        """File all of the younger's under the other one, too: they are the same person."""
        ...

    async def erase(self, contact_id: ContactId, *, at: datetime) -> int:
        """Delete the person's files of up to then in every version; return how many there were."""
        ...

    async def erased_at(self, contact_id: ContactId) -> datetime | None:
        """Say up to when everything of the person was erased, if it ever was."""
        ...


class FileCare(Protocol):
    """What keeps a bucket tidy. Every call raises StorageUnavailable or StorageRefused."""

    async def abort_uploads(self, *, begun_before: datetime) -> int:
        """Abort what was begun to be uploaded and never ended; return how many."""
        ...

    async def sweep(self, *, now: datetime) -> int:
        """Delete the files whose days are over, in every version; return how many."""
        ...

    async def write_rules(self) -> bool:
        """Have the bucket do both by itself, in rules; say whether it can."""
        ...

    def listing(self) -> AsyncIterator[Listed]:
        """Yield all files, in the order of their keys."""
        ...
