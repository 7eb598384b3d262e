"""One multipart upload: a few parts in flight, completed when all arrived, else aborted."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from domain.ports.files import Content, StorageRefused, StorageUnavailable
from file_manager.adapters.s3_body import Body
from file_manager.adapters.s3_bucket import checksum
from file_manager.adapters.s3_connection import S3Connection
from file_manager.adapters.s3_failures import (
    ABORT_UPLOAD,
    COMPLETE_UPLOAD,
    CREATE_UPLOAD,
    LIST_UPLOADS,
    UPLOAD_PART,
    told,
)

if TYPE_CHECKING:  # stubs only: they are not installed where the service runs
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
PARTS_IN_FLIGHT = 2
PARTS_AT_ONCE = 4
"""Of all files together: what bounds the memory that they take."""
_PART_SECONDS = 2.0
_ABORT_SECONDS = 2.5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """An upload to `key`, of which nothing is visible before it is whole."""

    storage: S3Connection
    key: str
    room: asyncio.Semaphore
    """For one part each, of all uploads together."""

    async def run(self, content: Content, filed: dict[str, Any], condition: dict[str, Any]) -> None:
        """Upload all parts; S3 compares the hash of each."""
        async with self._begun(filed) as upload_id:
            sent = await self._send(content, upload_id)
            await self._complete(upload_id, sent, condition)

    @asynccontextmanager
    async def _begun(self, filed: dict[str, Any]) -> AsyncIterator[str]:
        await self._abort_leftovers()
        created = await self.storage.ask(
            CREATE_UPLOAD,
            self.storage.client.create_multipart_upload(
                **self._place(), ChecksumAlgorithm="SHA256", **filed
            ),
            self.key,
        )
        upload_id = told(created, "UploadId")
        try:
            yield upload_id
        except BaseException:
            await self._try_to_abort(upload_id)
            raise

    async def _send(self, content: Content, upload_id: str) -> list["CompletedPartTypeDef"]:
        sent: list[CompletedPartTypeDef] = []
        in_flight: deque[asyncio.Task[CompletedPartTypeDef]] = deque()
        parts = content.parts(PART_BYTES)
        try:
            for number in range(1, content.size // PART_BYTES + 2):
                if len(in_flight) == PARTS_IN_FLIGHT:
                    sent.append(await in_flight.popleft())
                sending = await self._next(parts, number, upload_id)
                if sending is None:
                    break
                in_flight.append(sending)
            while in_flight:
                sent.append(await in_flight.popleft())
        finally:
            await _ended(in_flight)
        return sent

    async def _next(
        self, parts: AsyncIterator[bytes], number: int, upload_id: str
    ) -> "asyncio.Task[CompletedPartTypeDef] | None":
        """Begin to send the next part once there is room for it in memory."""
        await self.room.acquire()
        try:
            part = await anext(parts, None)
        except BaseException:
            self.room.release()
            raise
        if part is None:
            self.room.release()
            return None
        sending = asyncio.create_task(self._send_part(part, number, upload_id))
        sending.add_done_callback(lambda _: self.room.release())
        return sending

    async def _send_part(self, part: bytes, number: int, upload_id: str) -> "CompletedPartTypeDef":
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(part).hexdigest())
        sum_of_it = checksum(sha256)
        uploaded = await self.storage.ask(
            UPLOAD_PART,
            self.storage.client.upload_part(
                **self._place(),
                UploadId=upload_id,
                PartNumber=number,
                Body=Body(part, sha256),
                ChecksumSHA256=sum_of_it,
            ),
            self.key,
        )
        etag = told(uploaded, "ETag")
        return {"PartNumber": number, "ETag": etag, "ChecksumSHA256": sum_of_it}

    async def _complete(
        self, upload_id: str, parts: list["CompletedPartTypeDef"], condition: dict[str, Any]
    ) -> None:
        completed = await self.storage.ask(
            COMPLETE_UPLOAD,
            self.storage.client.complete_multipart_upload(
                **self._place(), UploadId=upload_id, MultipartUpload={"Parts": parts}, **condition
            ),
            self.key,
        )
        told(completed, "ETag")

    async def _abort_leftovers(self) -> None:
        """Remove what an earlier attempt could not: it crashed, or the storage was gone."""
        listed = await self.storage.ask(
            LIST_UPLOADS,
            self.storage.client.list_multipart_uploads(
                Bucket=self.storage.bucket.name, Prefix=self.key
            ),
            self.key,
        )
        for upload in listed.get("Uploads", []):
            if upload["Key"] == self.key:
                await self._try_to_abort(upload["UploadId"])

    async def _try_to_abort(self, upload_id: str) -> None:
        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                await self.storage.ask(
                    ABORT_UPLOAD,
                    self.storage.client.abort_multipart_upload(**self._place(), UploadId=upload_id),
                    self.key,
                )
        except (StorageUnavailable, StorageRefused, TimeoutError) as error:
            _log.warning("an upload is left for the next attempt to abort", exc_info=error)

    def _place(self) -> dict[str, Any]:
        return {"Bucket": self.storage.bucket.name, "Key": self.key}


async def _ended(in_flight: Collection["asyncio.Task[CompletedPartTypeDef]"]) -> None:
    """Let the parts on their way arrive: an abort that overtakes one may leave it behind.

    AWS, AbortMultipartUpload: parts in progress may still succeed. S3Proxy even forgets the
    upload and keeps the part, which nobody can abort any more.
    """
    try:
        if in_flight:
            await asyncio.wait(in_flight, timeout=_PART_SECONDS)
    finally:
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)
