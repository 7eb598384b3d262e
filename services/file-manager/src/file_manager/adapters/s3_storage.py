"""Keeps files in S3: small ones by one put, larger ones in parts, none of them by halves."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from domain.ports.files import Content, Filing, StorageRefused, StoredFile
from domain.values import ContactId
from file_manager.adapters import s3_index
from file_manager.adapters.s3_body import Body
from file_manager.adapters.s3_bucket import Bucket, checksum
from file_manager.adapters.s3_connection import S3Connection
from file_manager.adapters.s3_failures import (
    HEAD_OBJECT,
    PUT_OBJECT,
    is_missing,
    is_taken,
    is_unknown,
    told,
)
from file_manager.adapters.s3_upload import PART_BYTES, PARTS_AT_ONCE, MultipartUpload

_OF_NOTHING = hashlib.sha256().hexdigest()
_ERASED_AT = "erased-at"
_UPLOADED_AT = "uploaded-at"
_log = structlog.get_logger(__name__)


class S3Storage(S3Connection):
    """A FileStorage on S3 or what speaks like it."""

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket)
        self._room = asyncio.Semaphore(PARTS_AT_ONCE)
        self._condition: dict[str, Any] = {"IfNoneMatch": "*"}

    async def find(self, key: str) -> StoredFile | None:
        """Return the file under `key`, if it is there and carries the hash we gave it."""
        head = await self._head(key)
        told_of = {} if head is None else head["Metadata"]
        if head is None or "sha256" not in told_of:
            return None
        return StoredFile(
            self.bucket.name,
            key,
            head["ContentLength"],
            told_of["sha256"],
            original_sha256=told_of.get("original-sha256"),
            scanned="scanned" in told_of,
        )

    async def filed(
        self, contact_id: ContactId, sha256: str, keep_days: int | None
    ) -> Sequence[str]:
        """Return what the index says, which is written before the file itself."""
        prefix = s3_index.of_bytes(contact_id, sha256, keep_days)
        return [s3_index.key_of_entry(one.key) async for one in self.names(prefix)]

    async def store(self, key: str, content: Content, filing: Filing) -> StoredFile:
        """Store it, with no more than two parts of 8 MiB in flight, unless it is there already."""
        for entry in s3_index.entries(key, content.sha256, filing):
            await self._enter(entry, {_UPLOADED_AT: filing.uploaded_at.isoformat()})
        try:
            await self._write(key, content, filing, self._condition)
        except StorageRefused as refusal:
            if is_unknown(refusal) and self._condition:
                _log.warning("the storage knows no If-None-Match")
                self._condition = {}
            elif not is_taken(refusal):
                raise
            found = await self.find(key)
            if found is not None and found.sha256 == content.sha256:
                return found
            await self._write(key, content, filing, {})
        return StoredFile(
            self.bucket.name,
            key,
            content.size,
            content.sha256,
            original_sha256=filing.original_sha256,
            scanned=filing.scanned,
        )

    async def link(self, key: str, *, file_name: str, seconds: int) -> str:
        """Sign an address here; S3 is not asked."""
        return await self.signing_client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket.name,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="{file_name}"',
                "ResponseCacheControl": "no-store",
            },
            ExpiresIn=seconds,
        )

    async def merge(self, younger: ContactId, into: ContactId) -> None:
        """Note it in the index."""
        await self._enter(f"{s3_index.of_merged(into)}{younger}")

    async def erase(self, contact_id: ContactId, *, at: datetime) -> int:
        """Delete what the index knows of the person, and of those who were the same one.

        What is locked keeps nothing else from being deleted.
        """
        await self._enter(s3_index.of_erased(contact_id), {_ERASED_AT: at.isoformat()})
        deleted, refused = 0, None
        async for entry in self.names(s3_index.of_contact(contact_id)):
            try:
                deleted += await self._erase(entry.key, at)
            except StorageRefused as refusal:
                refused = refusal
        async for merged in self.names(s3_index.of_merged(contact_id)):
            younger = merged.key.rpartition("/")[2]
            try:
                deleted += await self.erase(ContactId(UUID(younger)), at=at)
                await self.delete(merged.key)
            except StorageRefused as refusal:
                refused = refusal
        if refused is not None:
            raise refused
        return deleted

    async def erased_at(self, contact_id: ContactId) -> datetime | None:
        """Return what the index says."""
        head = await self._head(s3_index.of_erased(contact_id))
        return None if head is None else datetime.fromisoformat(head["Metadata"][_ERASED_AT])

    async def _erase(self, entry: str, at: datetime) -> int:
        """Delete a file unless it is from after: the person may have come back since."""
        head = await self._head(entry)
        told = None if head is None else head["Metadata"].get(_UPLOADED_AT)
        if told is not None and datetime.fromisoformat(told) > at:
            return 0
        await self.delete(s3_index.key_of_entry(entry))
        await self.delete(entry)
        return 1

    async def _write(
        self, key: str, content: Content, filing: Filing, condition: dict[str, Any]
    ) -> None:
        filed = self.bucket.as_filed(filing, content.sha256)
        if content.size > PART_BYTES:
            await MultipartUpload(self, key, self._room).run(content, filed, condition)
            return
        whole = await anext(content.parts(PART_BYTES))
        await self._put(key, whole, content.sha256, {**filed, **condition})

    async def _enter(self, entry: str, metadata: dict[str, str] | None = None) -> None:
        more = {"Metadata": metadata or {}, **self.bucket.at_rest()}
        await self._put(entry, b"", _OF_NOTHING, more)

    async def _put(self, key: str, content: bytes, sha256: str, more: dict[str, Any]) -> None:
        """Put it, without content without a body: it would be waited with until S3 asks for it.

        S3 answers first, and aiohttp ends a connection on which something was still to be sent.
        """
        body: dict[str, Any] = {"Body": Body(content, sha256)} if content else {}
        putting = self.client.put_object(
            Bucket=self.bucket.name, Key=key, ChecksumSHA256=checksum(sha256), **body, **more
        )
        told(await self.ask(PUT_OBJECT, putting, key), "ETag")

    async def _head(self, key: str) -> Any:
        """Return what S3 says of an object, or None if there is none."""
        try:
            asked = self.client.head_object(Bucket=self.bucket.name, Key=key)
            return await self.ask(HEAD_OBJECT, asked, key)
        except StorageRefused as refusal:
            if is_missing(refusal):
                return None
            raise
