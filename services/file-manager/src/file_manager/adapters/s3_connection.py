"""The line to one bucket: opened, watched, and asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import aioboto3
import structlog
from aiobotocore.session import AioSession, get_session

from domain.ports.files import StorageRefused, StorageUnavailable
from file_manager.adapters import s3_names
from file_manager.adapters.s3_body import sign_by_known_hash
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_failures import (
    DELETE_OBJECT,
    HEAD_BUCKET,
    LIST_OBJECTS,
    LIST_VERSIONS,
    Answer,
    answer,
    is_unknown,
)
from streaming.traced import Traced

if TYPE_CHECKING:  # stubs only: they are not installed where the service runs
    from types_aiobotocore_s3 import S3Client

_REACH_AGAIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 5.0
_OF_NO_RULE = ("Key", "Prefix")
_log = structlog.get_logger(__name__)

s3_names.check()
sign_by_known_hash()


class Named(NamedTuple):
    """An object as it is listed."""

    key: str
    size: int
    modified_at: datetime


class S3Connection:
    """Opens the clients of a bucket, knows whether it can be reached, and asks it."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._opened: S3Client | None = None
        self._signing: S3Client | None = None
        self._closing = AsyncExitStack()
        self._reaching: asyncio.Task[None] | None = None
        self._unreached: str | None = "the bucket was not reached yet"

    async def start(self) -> None:
        """Open the client; whether the bucket can be reached is found out meanwhile."""
        await self.open()
        self._reaching = asyncio.create_task(self._reach())

    async def open(self) -> None:
        """Open the clients and nothing more."""
        self._opened = self._signing = await self._client_of(self.bucket)
        elsewhere = self.bucket.link_endpoint_url
        if elsewhere is not None:
            self._signing = await self._client_of(replace(self.bucket, endpoint_url=elsewhere))

    async def stop(self) -> None:
        """Close the connections."""
        if self._reaching is not None:
            self._reaching.cancel()
            await asyncio.gather(self._reaching, return_exceptions=True)
        await self._closing.aclose()

    def ready(self) -> str | None:
        """Return None while the bucket can be reached, else the reason why not."""
        return self._unreached

    @property
    def client(self) -> "S3Client":
        """The client to ask by."""
        if self._opened is None:
            raise RuntimeError("the storage was not started")
        return self._opened

    @property
    def signing_client(self) -> "S3Client":
        """The client that knows the bucket as those do who follow a link."""
        if self._signing is None:
            raise RuntimeError("the storage was not started")
        return self._signing

    async def ask(self, what: Traced, call: Awaitable[Answer], key: str | None = None) -> Answer:
        """Await one call. Raises StorageUnavailable or StorageRefused."""
        return await answer(what, call, bucket=self.bucket.name, key=key)

    async def names(self, prefix: str) -> AsyncIterator[Named]:
        """Yield all objects whose names begin so, in their order."""
        more: dict[str, Any] = {}
        while True:
            asked = self.client.list_objects_v2(Bucket=self.bucket.name, Prefix=prefix, **more)
            page = await self.ask(LIST_OBJECTS, asked)
            for one in page.get("Contents", ()):
                yield Named(one["Key"], one["Size"], one["LastModified"])
            if not page.get("IsTruncated"):
                return
            more["ContinuationToken"] = page["NextContinuationToken"]

    async def folders(self, prefix: str) -> list[str]:
        """Return what comes next behind the prefix, each with its slash."""
        asked = self.client.list_objects_v2(Bucket=self.bucket.name, Prefix=prefix, Delimiter="/")
        page = await self.ask(LIST_OBJECTS, asked)
        return [one["Prefix"] for one in page.get("CommonPrefixes", ())]

    async def delete(self, key: str) -> None:
        """Delete an object in every version that there is of it."""
        versions = await self._versions(key)
        for version in versions:
            deleting = self.client.delete_object(
                Bucket=self.bucket.name, Key=key, VersionId=version
            )
            await self.ask(DELETE_OBJECT, deleting, key)
        if not versions:
            deleting = self.client.delete_object(Bucket=self.bucket.name, Key=key)
            await self.ask(DELETE_OBJECT, deleting, key)

    async def _versions(self, key: str) -> list[str]:
        found: list[str] = []
        more: dict[str, Any] = {}
        while True:
            asked = self.client.list_object_versions(Bucket=self.bucket.name, Prefix=key, **more)
            try:
                page = await self.ask(LIST_VERSIONS, asked, key)
            except StorageRefused as refusal:
                if is_unknown(refusal):
                    return []
                raise
            listed = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            found += [one["VersionId"] for one in listed if one["Key"] == key]
            if not page.get("IsTruncated"):
                return found
            more = {
                "KeyMarker": page["NextKeyMarker"],
                "VersionIdMarker": page["NextVersionIdMarker"],
            }

    async def _client_of(self, bucket: Bucket) -> "S3Client":
        client = aioboto3.Session(botocore_session=_session()).client(
            "s3", **bucket.client_arguments()
        )
        return await self._closing.enter_async_context(client)

    async def _reach(self) -> None:
        while True:
            try:
                await self.ask(HEAD_BUCKET, self.client.head_bucket(Bucket=self.bucket.name))
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


def _session() -> AioSession:
    """Return a session whose clients find out once where the bucket is, not for each file anew.

    Amazon's rules for that take what is asked for into account, though none of them looks at it.
    """
    session = get_session()
    rules = session.get_component("data_loader").load_service_model("s3", "endpoint-rule-set-1")
    for name in _OF_NO_RULE:
        rules["parameters"].pop(name, None)
    return session
