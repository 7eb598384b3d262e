"""One multipart upload: a few parts in flight, completed when right, else aborted."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import structlog

from domain.ports.files import StorageRefused, StorageUnavailable
from file_manager.adapters.s3_failures import (
    ABORT_UPLOAD,
    COMPLETE_UPLOAD,
    COPY_OBJECT,
    CREATE_UPLOAD,
    LIST_UPLOADS,
    UPLOAD_PART,
    Answer,
    answer,
    told,
)
from file_manager.adapters.s3_parts import Passage
from streaming.traced import Traced

if TYPE_CHECKING:  # stubs only: they are not installed where the service runs
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

PARTS_IN_FLIGHT = 2
_PART_SECONDS = 2.0
_ABORT_SECONDS = 2.5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MultipartUpload:
    """An upload to `key`, of which nothing is visible before it is whole and right."""

    client: "S3Client"
    bucket: str
    key: str

    async def run(
        self,
        passage: Passage,
        *,
        mime_type: str,
        expected_sha256: str | None,
    ) -> str:
        """Upload all parts and return their hash (hex), which the object then carries."""
        metadata = {"sha256": expected_sha256} if expected_sha256 else {}
        async with self._begun(mime_type, metadata) as upload_id:
            sent = await self._send(passage, upload_id)
            sha256 = passage.sha256(expected_sha256)
            await self._complete(upload_id, sent)
        if not metadata:
            await self._label(mime_type, sha256)
        return sha256

    @asynccontextmanager
    async def _begun(self, mime_type: str, metadata: dict[str, str]) -> AsyncIterator[str]:
        await self._abort_leftovers()
        created = await self._answer(
            CREATE_UPLOAD,
            self.client.create_multipart_upload(
                Bucket=self.bucket, Key=self.key, ContentType=mime_type, Metadata=metadata
            ),
        )
        upload_id = told(created, "UploadId")
        try:
            yield upload_id
        except BaseException:
            await self._try_to_abort(upload_id)
            raise

    async def _send(self, passage: Passage, upload_id: str) -> list["CompletedPartTypeDef"]:
        sent: list[CompletedPartTypeDef] = []
        in_flight: deque[asyncio.Task[CompletedPartTypeDef]] = deque()
        number, more = 0, True
        try:
            while more:
                if len(in_flight) == PARTS_IN_FLIGHT:
                    sent.append(await in_flight.popleft())
                more = await passage.fill()
                number += 1
                sending = self._send_part(passage.take(), number, upload_id)
                in_flight.append(asyncio.create_task(sending))
            while in_flight:
                sent.append(await in_flight.popleft())
        finally:
            await _ended(in_flight)
        return sent

    async def _send_part(self, part: bytes, number: int, upload_id: str) -> "CompletedPartTypeDef":
        uploaded = await self._answer(
            UPLOAD_PART,
            self.client.upload_part(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=upload_id,
                PartNumber=number,
                Body=BytesIO(part),
            ),
        )
        return {"PartNumber": number, "ETag": told(uploaded, "ETag")}

    async def _complete(self, upload_id: str, parts: list["CompletedPartTypeDef"]) -> None:
        completed = await self._answer(
            COMPLETE_UPLOAD,
            self.client.complete_multipart_upload(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=upload_id,
                MultipartUpload={"Parts": parts},
            ),
        )
        told(completed, "ETag")

    async def _label(self, mime_type: str, sha256: str) -> None:
        """Write the hash on an object whose hash nobody announced: S3 copies it in place."""
        await self._answer(
            COPY_OBJECT,
            self.client.copy_object(
                Bucket=self.bucket,
                Key=self.key,
                CopySource={"Bucket": self.bucket, "Key": self.key},
                ContentType=mime_type,
                Metadata={"sha256": sha256},
                MetadataDirective="REPLACE",
            ),
        )

    async def _answer(self, what: Traced, call: Awaitable[Answer]) -> Answer:
        return await answer(what, call, bucket=self.bucket, key=self.key)

    async def _abort_leftovers(self) -> None:
        """Remove what an earlier attempt could not: it crashed, or the storage was gone."""
        listed = await self._answer(
            LIST_UPLOADS, self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=self.key)
        )
        for upload in listed.get("Uploads", []):
            if upload["Key"] == self.key:
                await self._try_to_abort(upload["UploadId"])

    async def _try_to_abort(self, upload_id: str) -> None:
        try:
            async with asyncio.timeout(_ABORT_SECONDS):
                await self._answer(
                    ABORT_UPLOAD,
                    self.client.abort_multipart_upload(
                        Bucket=self.bucket, Key=self.key, UploadId=upload_id
                    ),
                )
        except (StorageUnavailable, StorageRefused, TimeoutError) as error:
            _log.warning("an upload is left for the next attempt to abort", exc_info=error)


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
