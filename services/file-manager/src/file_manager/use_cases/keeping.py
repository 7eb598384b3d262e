"""Brings one file from the platform to the bucket and says what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from domain.commands import RecordFileRejected, RecordFileStored
from domain.events import FileUploaded
from domain.ports.files import (
    Content,
    FileStorage,
    Filing,
    HashMismatch,
    MediaGone,
    MediaUntrusted,
    StorageUnavailable,
    StoredFile,
)
from domain.values import FileId
from file_manager.use_cases.fetching import Fetcher, announced_sha256
from file_manager.use_cases.file_types import FileType, declared_type
from file_manager.use_cases.inspecting import Inspected, Inspector, Unacceptable
from file_manager.use_cases.object_keys import file_of, object_key
from file_manager.use_cases.spool import Spool

Outcome: TypeAlias = RecordFileStored | RecordFileRejected

_LONG = timedelta(minutes=1)
"""After which an erasure may have come in between: of whom the person was merged into, whose events
are handled beside theirs. Asking costs a request, so not for every file."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FileKeeper:
    """Fetches a file, has it looked at, then stores it: nothing of it is seen before."""

    fetcher: Fetcher
    inspector: Inspector
    storage: FileStorage
    now: Callable[[], datetime] = _now

    async def keep(
        self, file: FileUploaded, *, uploaded_at: datetime, redriven: bool = False
    ) -> Outcome:
        """Return the command that records the outcome; a repeat returns the same command.

        `redriven` says that others of the person's events may have come in between.
        Raises MediaUnavailable, InspectionUnavailable, StorageUnavailable or StorageRefused.
        """
        file_type = declared_type(file.mime_type)
        if file_type is None:
            return _rejected(file, "unsupported-type")
        key = object_key(file, file_type, uploaded_at)
        try:
            if redriven and await self._erased_at(file, uploaded_at):
                return _rejected(file, "contact-erased")
            filed = _Filed(self.storage, file)
            kept = await self._kept(file, key, filed)
            stored = kept or await self._bring(file, key, uploaded_at, filed)
        except MediaUntrusted:
            return _rejected(file, "media-untrusted")
        except MediaGone:
            return _rejected(file, "media-expired")
        except HashMismatch:
            return _rejected(file, "hash-mismatch")
        except Unacceptable as refusal:
            return _rejected(file, refusal.reason)
        except OSError as error:
            raise StorageUnavailable(f"no room for files on their way: {error.strerror}") from error
        if self.now() - uploaded_at > _LONG and await self._undone(file, key, uploaded_at):
            return _rejected(file, "contact-erased")
        return _stored(file, file_type, stored)

    async def _erased_at(self, file: FileUploaded, uploaded_at: datetime) -> datetime | None:
        """Return when the person was erased, if that was after the upload."""
        erased_at = await self.storage.erased_at(file.contact_id)
        return None if erased_at is None or uploaded_at > erased_at else erased_at

    async def _undone(self, file: FileUploaded, key: str, uploaded_at: datetime) -> bool:
        """Delete the file again, and say so, where its person was erased while it was stored.

        By its key, too: the erasure may have taken its entry away before the file was there.
        """
        erased_at = await self._erased_at(file, uploaded_at)
        if erased_at is None:
            return False
        await self.storage.delete(key)
        await self.storage.erase(file.contact_id, at=erased_at)
        return True

    async def _kept(self, file: FileUploaded, key: str, filed: "_Filed") -> StoredFile | None:
        """Return what an earlier attempt has stored: it may not have been told of."""
        announced = announced_sha256(file.sha256, None)
        if announced and not file.strip_location and key not in await filed.keys(announced):
            return None
        found = await self.storage.find(key)
        sent = found and (found.original_sha256 or found.sha256)
        return found if announced in {None, sent} else None

    async def _bring(
        self, file: FileUploaded, key: str, uploaded_at: datetime, filed: "_Filed"
    ) -> StoredFile:
        await self.inspector.reach()
        fetched = await self.fetcher.fetch(file, uploaded_at=uploaded_at)
        try:
            inspected = await self.inspector.inspect(file, fetched)
            filing = _filing(file, fetched, inspected, uploaded_at)
            return await self._once(key, inspected.content, filing, filed)
        finally:
            fetched.close()

    async def _once(
        self, key: str, content: Content, filing: Filing, filed: "_Filed"
    ) -> StoredFile:
        """Store it unless the same bytes of the person lie there: where neither has an end."""
        if filing.keep_days is None:
            for other in await filed.keys(content.sha256):
                found = await self.storage.find(other) if other != key else None
                if found is not None and found.sha256 == content.sha256:
                    return replace(
                        found, original_sha256=filing.original_sha256, scanned=filing.scanned
                    )
        return await self.storage.store(key, content, filing)


class _Filed:
    """Where the person's bytes lie that are kept as long as the file; each asked for once."""

    def __init__(self, storage: FileStorage, file: FileUploaded) -> None:
        self._storage = storage
        self._of = file.contact_id, file.keep_days
        self._known: dict[str, Sequence[str]] = {}

    async def keys(self, sha256: str) -> Sequence[str]:
        if sha256 not in self._known:
            person, days = self._of
            self._known[sha256] = await self._storage.filed(person, sha256, days)
        return self._known[sha256]


def _filing(
    file: FileUploaded, fetched: Spool, inspected: Inspected, uploaded_at: datetime
) -> Filing:
    cleaned = inspected.content.sha256 != fetched.sha256
    return Filing(
        contact_id=file.contact_id,
        mime_type=inspected.file_type.mime_type,
        kind=file.kind,
        keep_days=file.keep_days,
        uploaded_at=uploaded_at,
        original_sha256=fetched.sha256 if cleaned else None,
        scanned=inspected.scanned,
    )


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
        original_sha256=stored.original_sha256,
        duplicate_of=_other(file.file_id, stored.key),
        scanned=stored.scanned or None,
    )


def _other(file: FileId, key: str) -> FileId | None:
    where = file_of(key)
    return None if where == file else where


def _rejected(file: FileUploaded, reason: str) -> RecordFileRejected:
    return RecordFileRejected(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        reason=reason,
    )
