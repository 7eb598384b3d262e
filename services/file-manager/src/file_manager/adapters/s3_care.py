"""Keeps the bucket tidy: uploads that nobody ends, and files whose days are over."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import structlog

from domain.ports.files import Listed, StorageRefused
from file_manager.adapters import s3_index
from file_manager.adapters.s3_bucket import kept
from file_manager.adapters.s3_connection import S3Connection
from file_manager.adapters.s3_failures import (
    ABORT_UPLOAD,
    GET_RULES,
    LIST_UPLOADS,
    PUT_RULES,
    is_missing,
    is_unknown,
)

_OURS = "whatsapp-agent-"
_log = structlog.get_logger(__name__)


class S3Care:
    """A FileCare on the bucket that files are stored in."""

    def __init__(self, storage: S3Connection) -> None:
        self._storage = storage

    async def abort_uploads(self, *, begun_before: datetime) -> int:
        """Abort all of ours in the bucket, whosever they were."""
        aborted = 0
        bucket = self._storage.bucket.name
        async for upload in self._uploads():
            if upload["Initiated"] < begun_before:
                aborting = self._storage.client.abort_multipart_upload(
                    Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
                await self._storage.ask(ABORT_UPLOAD, aborting, upload["Key"])
                aborted += 1
        return aborted

    async def sweep(self, *, now: datetime) -> int:
        """Go through the entries of the days that have passed; what is locked waits longer."""
        deleted, refused, problem = 0, 0, ""
        async for one in self._over(now):
            try:
                for name in (one.key, one.of_contact, one.entry):
                    await self._storage.delete(name)
            except StorageRefused as refusal:
                refused, problem = refused + 1, str(refusal)
            else:
                deleted += 1
        if refused:
            _log.error("files whose days are over are not deleted", files=refused, problem=problem)
        return deleted

    async def write_rules(self) -> bool:
        """Write our rules beside those of others, where they are not there yet."""
        try:
            rules = await self._rules()
            others = [rule for rule in rules if not rule.get("ID", "").startswith(_OURS)]
            wanted = [*others, *await self._wanted()]
            if wanted != rules:
                putting = self._storage.client.put_bucket_lifecycle_configuration(
                    Bucket=self._storage.bucket.name, LifecycleConfiguration={"Rules": wanted}
                )
                await self._storage.ask(PUT_RULES, putting)
        except StorageRefused as refusal:
            if is_unknown(refusal):
                return False
            raise
        return True

    async def listing(self) -> AsyncIterator[Listed]:
        """Yield all that is not of the index."""
        async for one in self._storage.names(""):
            if not one.key.startswith(s3_index.INDEX):
                yield Listed(one.key, one.size, one.modified_at)

    async def _over(self, now: datetime) -> AsyncIterator[s3_index.Ending]:
        for folder in await self._storage.folders(s3_index.ENDING):
            async for entry in self._storage.names(folder):
                one = s3_index.ending(entry.key)
                if one is None:
                    continue
                if not s3_index.is_over(one, now):
                    break
                yield one

    async def _uploads(self) -> AsyncIterator[Any]:
        more: dict[str, Any] = {}
        while True:
            asked = self._storage.client.list_multipart_uploads(
                Bucket=self._storage.bucket.name, **more
            )
            page = await self._storage.ask(LIST_UPLOADS, asked)
            for upload in page.get("Uploads", ()):
                yield upload
            if not page.get("IsTruncated"):
                return
            more = {
                "KeyMarker": page["NextKeyMarker"],
                "UploadIdMarker": page["NextUploadIdMarker"],
            }

    async def _rules(self) -> list[Any]:
        asked = self._storage.client.get_bucket_lifecycle_configuration(
            Bucket=self._storage.bucket.name
        )
        try:
            return list((await self._storage.ask(GET_RULES, asked))["Rules"])
        except StorageRefused as refusal:
            if is_missing(refusal):
                return []
            raise

    async def _wanted(self) -> list[Any]:
        folders = await self._storage.folders(s3_index.ENDING)
        days = {found for found in map(s3_index.days_of, folders) if found is not None}
        return [_abort(), *map(_expire, sorted(days))]


def _abort() -> dict[str, Any]:
    return {
        "ID": f"{_OURS}uploads",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }


def _expire(days: int) -> dict[str, Any]:
    """Delete files of so many days; the sweep removes what is left of them in the index."""
    return {
        "ID": f"{_OURS}keep-{days}d",
        "Filter": {"Tag": {"Key": "keep", "Value": kept(days)}},
        "Status": "Enabled",
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
