"""Shows the stored files on the page, streamed from S3."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aioboto3
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from simulator.event_panel import EventPanel

CHUNK = 64 * 1024
SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Whatever a person uploaded, a browser must not run it."""


@dataclass(frozen=True, slots=True)
class S3Access:
    """Where the bucket is and how to open it."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str
    region: str


class StoredFiles:
    """`GET /simulator/files/{file_id}`."""

    def __init__(self, panel: EventPanel, access: S3Access | None) -> None:
        self._panel = panel
        self._access = access

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter()
        router.add_api_route("/simulator/files/{file_id}", self._show, methods=["GET"])
        return router

    async def _show(self, file_id: str) -> StreamingResponse:
        stored = self._panel.file(file_id)
        if stored is None or self._access is None:
            raise HTTPException(404, "No stored file has this id (yet).")
        chunks = self._chunks(self._access, stored.bucket, stored.key)
        try:
            first = await anext(chunks, b"")
        except (BotoCoreError, ClientError):
            raise HTTPException(502, "The bucket does not give the file now.") from None
        headers = {**SAFE, "Content-Disposition": "inline"}
        return StreamingResponse(
            _following(first, chunks), media_type=stored.mime_type, headers=headers
        )

    async def _chunks(self, access: S3Access, bucket: str, key: str) -> AsyncIterator[bytes]:
        client: Any = aioboto3.Session().client(
            "s3",
            endpoint_url=access.endpoint_url,
            aws_access_key_id=access.access_key_id,
            aws_secret_access_key=access.secret_access_key,
            region_name=access.region,
        )
        async with client as s3:
            answer = await s3.get_object(Bucket=bucket, Key=key)
            async for chunk in answer["Body"].iter_chunks(CHUNK):
                yield chunk


async def _following(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
