"""Brings one file from the platform to the bucket and says what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from domain.commands import RecordFileRejected, RecordFileStored
from domain.events import FileUploaded
from domain.ports.files import (
    FileStorage,
    HashMismatch,
    MediaGone,
    MediaSource,
    MediaUntrusted,
    StoredFile,
)
from file_manager.use_cases.checking import Unacceptable, announced_sha256, checked
from file_manager.use_cases.file_types import FileType, declared_type
from file_manager.use_cases.object_keys import object_key

Outcome: TypeAlias = RecordFileStored | RecordFileRejected

_UNTRUSTED_PAUSES = (15.0, 45.0)
"""Seconds between the attempts at a file whose link leads where we do not fetch from."""


@dataclass(frozen=True, slots=True)
class FileKeeper:
    """Keeps files of up to `max_bytes`, or of what the flow takes at most where that is less."""

    source: MediaSource
    storage: FileStorage
    max_bytes: int
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def keep(self, file: FileUploaded, *, uploaded_at: datetime) -> Outcome:
        """Return the command that records the outcome; a repeat returns the same command.

        Raises MediaUnavailable, StorageUnavailable or StorageRefused.
        """
        file_type = declared_type(file.mime_type)
        if file_type is None:
            return _rejected(file, "unsupported-type")
        key = object_key(file, file_type, uploaded_at)
        try:
            stored = await self._kept(file, key) or await self._bring_trusted(file, file_type, key)
        except MediaUntrusted:
            return _rejected(file, "media-untrusted")
        except MediaGone:
            return _rejected(file, "media-expired")
        except HashMismatch:
            return _rejected(file, "hash-mismatch")
        except Unacceptable as refusal:
            return _rejected(file, refusal.reason)
        return _stored(file, file_type, stored)

    async def _kept(self, file: FileUploaded, key: str) -> StoredFile | None:
        found = await self.storage.find(key)
        announced = announced_sha256(file.sha256, None)
        return found if found and announced in {None, found.sha256} else None

    async def _bring_trusted(self, file: FileUploaded, file_type: FileType, key: str) -> StoredFile:
        """Ask for a fresh link a few times: others' files must not wait for one bad link for ever.

        The waiting is done here, because it says nothing of whether the platform is there.
        """
        for pause in _UNTRUSTED_PAUSES:
            with suppress(MediaUntrusted):
                return await self._bring(file, file_type, key)
            await self.sleep(pause)
        return await self._bring(file, file_type, key)

    async def _bring(self, file: FileUploaded, file_type: FileType, key: str) -> StoredFile:
        """Fetch once more when the bytes are wrong: they may have been hurt on the way."""
        try:
            return await self._transfer(file, file_type, key)
        except HashMismatch:
            return await self._transfer(file, file_type, key)

    async def _transfer(self, file: FileUploaded, file_type: FileType, key: str) -> StoredFile:
        async with (
            self.source.open(file.media_id, phone_number_id=file.phone_number_id) as media,
            aclosing(checked(media, file_type, self._most(file))) as content,
        ):
            return await self.storage.store(
                key,
                content,
                mime_type=file_type.mime_type,
                expected_sha256=announced_sha256(file.sha256, media.sha256),
            )

    def _most(self, file: FileUploaded) -> int:
        return self.max_bytes if file.max_bytes is None else min(self.max_bytes, file.max_bytes)


def _stored(file: FileUploaded, file_type: FileType, stored: StoredFile) -> RecordFileStored:
    return RecordFileStored(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        bucket=stored.bucket,
        key=stored.key,
        size=stored.size,
        mime_type=file_type.mime_type,
        sha256=stored.sha256,
    )


def _rejected(file: FileUploaded, reason: str) -> RecordFileRejected:
    return RecordFileRejected(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        reason=reason,
    )
