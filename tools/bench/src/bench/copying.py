"""The rival of file-manager: a loop that copies files from an address to a bucket. A process.

The same clients, the same parts, as many at once; it hashes nothing of its own, looks at nothing,
knows no repeats, and reads nothing from Kafka.
"""

import asyncio
import gc
import json
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import aioboto3
import httpx
import uvloop
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session

PART_BYTES = 8 * 1024 * 1024
_PARTS_IN_FLIGHT = 2


class Body(BytesIO):
    """Bytes to be sent, of which aiohttp may know the size without a copy."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content

    def getbuffer(self) -> memoryview:
        """Return a view that cannot be written to."""
        return memoryview(self._content)


class Copier:
    """Copies one file at a time; several of them share the clients."""

    def __init__(self, http: httpx.AsyncClient, s3: Any, bucket: str) -> None:
        self._http = http
        self._s3 = s3
        self._bucket = bucket

    async def copy(self, url: str, key: str) -> None:
        """Stream it: in one put if it is small, else in parts, two of them in flight."""
        place = {"Bucket": self._bucket, "Key": key}
        async with self._http.stream("GET", url) as response:
            parts = _parts(response.aiter_raw())
            first = await anext(parts)
            if len(first) < PART_BYTES:
                await self._s3.put_object(**place, Body=Body(first), ContentType="video/mp4")
                return
            created = await self._s3.create_multipart_upload(**place, ContentType="video/mp4")
            upload = {**place, "UploadId": created["UploadId"]}
            sent = await self._send(upload, first, parts)
            await self._s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": sent})

    async def _send(
        self, upload: dict[str, Any], first: bytes, parts: AsyncIterator[bytes]
    ) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        in_flight: deque[asyncio.Task[dict[str, Any]]] = deque()
        number, part = 1, first
        while part:
            if len(in_flight) == _PARTS_IN_FLIGHT:
                sent.append(await in_flight.popleft())
            in_flight.append(asyncio.create_task(self._part(upload, number, part)))
            number, part = number + 1, await anext(parts, b"")
        return [*sent, *[await one for one in in_flight]]

    async def _part(self, upload: dict[str, Any], number: int, part: bytes) -> dict[str, Any]:
        told = await self._s3.upload_part(**upload, PartNumber=number, Body=Body(part))
        return {"PartNumber": number, "ETag": told["ETag"]}


async def _parts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= PART_BYTES:
            yield bytes(memoryview(waiting)[:PART_BYTES])
            del waiting[:PART_BYTES]
    yield bytes(waiting)


async def copy_all(task: dict[str, Any]) -> tuple[float, float, float]:
    """Return when the first was begun and the last had ended, in seconds since 1970.

    And the processor time in between: what it takes to start counts on neither side.
    """
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        parameter_validation=False,
        user_agent="copying/1.0",
    )
    session = aioboto3.Session(botocore_session=_session())
    opening = session.client("s3", **task["s3"], config=config)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http, opening as s3:
        copier = Copier(http, s3, task["bucket"])
        begin, used, waiting = time.time(), time.process_time(), iter(task["files"])
        async with asyncio.TaskGroup() as copying:
            for _ in range(task["at_once"]):
                copying.create_task(_work(copier, waiting))
        return begin, time.time(), time.process_time() - used


def _session() -> AioSession:
    """Return a session that finds out once where the bucket is, not for each file anew."""
    session = get_session()
    rules = session.get_component("data_loader").load_service_model("s3", "endpoint-rule-set-1")
    for name in ("Key", "Prefix"):
        del rules["parameters"][name]
    return session


async def _work(copier: Copier, waiting: Iterator[tuple[str, str]]) -> None:
    for url, key in waiting:
        await copier.copy(url, key)


def main() -> None:
    """Copy what a file lists; write begin, end and processor time into another, and wait."""
    task, written = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        times = runner.run(copy_all(task))
    draft = written.with_suffix(".draft")
    draft.write_text(json.dumps(times))
    draft.replace(written)
    signal.pause()  # whoever measures us ends us


if __name__ == "__main__":
    main()
