"""Keeps files in S3: small ones by one put, larger ones in parts, none of them by halves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aioboto3
import structlog
from aiobotocore.config import AioConfig
from pydantic import SecretStr

from domain.ports.files import StorageRefused, StorageUnavailable, StoredFile
from file_manager.adapters import s3_names
from file_manager.adapters.s3_failures import (
    HEAD_BUCKET,
    HEAD_OBJECT,
    PUT_OBJECT,
    answer,
    is_missing,
    told,
)
from file_manager.adapters.s3_parts import Passage
from file_manager.adapters.s3_upload import MultipartUpload

if TYPE_CHECKING:  # stubs only: they are not installed where the service runs
    from types_aiobotocore_s3 import S3Client

_CONNECT_SECONDS = 3.0
_REACH_AGAIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 5.0
_log = structlog.get_logger(__name__)

s3_names.check()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where files are kept, the key to it, and how long one of its answers may take.

    Without an endpoint it is Amazon's. Without a key it is found as Amazon's clients do it, and
    found anew when it ends: by web identity, from the container's or the instance's host.
    """

    name: str
    endpoint_url: str | None
    region: str
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    ca: Path | None = None
    """Whom to trust as the endpoint, instead of the usual CAs."""
    answer_seconds: float = 30.0

    def client_config(self) -> AioConfig:
        """Return how to speak to it: retried once, what is more is for the caller to decide."""
        return AioConfig(
            signature_version="s3v4",
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=self.answer_seconds,
            retries={"mode": "standard", "total_max_attempts": 2},
            s3={"addressing_style": "auto" if self.endpoint_url is None else "path"},
        )

    def client_arguments(self) -> dict[str, Any]:
        """Return what a client of it is made from."""
        secret = self.secret_access_key
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": None if secret is None else secret.get_secret_value(),
            "verify": None if self.ca is None else str(self.ca),
            "config": self.client_config(),
        }


class S3Storage:
    """A FileStorage on S3 or what speaks like it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._opened: S3Client | None = None
        self._closing = AsyncExitStack()
        self._reaching: asyncio.Task[None] | None = None
        self._unreached: str | None = "the bucket was not reached yet"

    async def start(self) -> None:
        """Open the client; whether the bucket can be reached is found out meanwhile."""
        client = aioboto3.Session().client("s3", **self._bucket.client_arguments())
        self._opened = await self._closing.enter_async_context(client)
        self._reaching = asyncio.create_task(self._reach())

    async def stop(self) -> None:
        """Close the connections."""
        if self._reaching is not None:
            self._reaching.cancel()
            await asyncio.gather(self._reaching, return_exceptions=True)
        await self._closing.aclose()

    def ready(self) -> str | None:
        """Return None while the bucket can be reached, else the reason why not."""
        return self._unreached

    async def find(self, key: str) -> StoredFile | None:
        """Return the file under `key`, if it is there and carries the hash we gave it."""
        try:
            asked = self._client.head_object(Bucket=self._bucket.name, Key=key)
            head = await answer(HEAD_OBJECT, asked, bucket=self._bucket.name, key=key)
        except StorageRefused as refusal:
            if is_missing(refusal):
                return None
            raise
        sha256 = head["Metadata"].get("sha256")
        return StoredFile(self._bucket.name, key, head["ContentLength"], sha256) if sha256 else None

    async def store(
        self,
        key: str,
        content: AsyncIterator[bytes],
        *,
        mime_type: str,
        expected_sha256: str | None,
    ) -> StoredFile:
        """Store the pieces, holding no more than about four parts of 8 MiB in memory."""
        passage = Passage(content)
        if await passage.fill():
            upload = MultipartUpload(self._client, self._bucket.name, key)
            sha256 = await upload.run(passage, mime_type=mime_type, expected_sha256=expected_sha256)
        else:
            sha256 = passage.sha256(expected_sha256)
            await self._put(key, passage.take(), mime_type, sha256)
        return StoredFile(self._bucket.name, key, passage.size, sha256)

    @property
    def _client(self) -> "S3Client":
        if self._opened is None:
            raise RuntimeError("the storage was not started")
        return self._opened

    async def _put(self, key: str, content: bytes, mime_type: str, sha256: str) -> None:
        putting = self._client.put_object(
            Bucket=self._bucket.name,
            Key=key,
            Body=BytesIO(content),
            ContentType=mime_type,
            Metadata={"sha256": sha256},
        )
        put = await answer(PUT_OBJECT, putting, bucket=self._bucket.name, key=key)
        told(put, "ETag")

    async def _reach(self) -> None:
        while True:
            try:
                asked = self._client.head_bucket(Bucket=self._bucket.name)
                await answer(HEAD_BUCKET, asked, bucket=self._bucket.name)
            except (StorageUnavailable, StorageRefused) as error:
                self._note(f"waiting for the bucket: {error}")
                await asyncio.sleep(_REACH_AGAIN_SECONDS)
            else:
                self._note(None)
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _note(self, unreached: str | None) -> None:
        if unreached != self._unreached:
            _log.warning(unreached or "the bucket is there")
        self._unreached = unreached
