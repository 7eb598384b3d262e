"""What S3's answers mean: wait, or have a person look; an answer that lies stores nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from domain.ports.files import Content, Filing, StorageRefused, StorageUnavailable
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage
from file_manager.adapters.s3_upload import PART_BYTES

pytestmark = pytest.mark.connected

Answering = Callable[[web.Request], Awaitable[web.Response]]
Storing = Callable[[S3Storage, Content], Awaitable[None]]

ANSWERS = [
    (403, "AccessDenied", StorageUnavailable),
    (404, "NoSuchBucket", StorageUnavailable),
    (400, "InvalidArgument", StorageRefused),
    (403, "SignatureDoesNotMatch", StorageUnavailable),
    (403, "ExpiredToken", StorageUnavailable),
    (404, "NoSuchUpload", StorageUnavailable),
    (503, "SlowDown", StorageUnavailable),
    (500, "InternalError", StorageUnavailable),
]
LIES = ["", "<html>welcome to the hotel</html>", "<html><br>no XML"]


@asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[S3Storage]:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, text=body, content_type="application/xml")

    async with served_by(answer) as storage:
        yield storage


@asynccontextmanager
async def served_by(answer: Answering) -> AsyncIterator[S3Storage]:
    app = web.Application(client_max_size=4 * PART_BYTES)
    app.add_routes([web.route("*", "/{path:.*}", answer)])
    async with TestServer(app) as server:
        storage = S3Storage(
            Bucket(
                name="files",
                endpoint_url=str(server.make_url("/")),
                region="us-east-1",
                access_key_id="id",
                secret_access_key=SecretStr("key"),
            )
        )
        await storage.start()
        yield storage
        await storage.stop()


async def test_a_file_that_a_lock_keeps_from_being_deleted_needs_a_person() -> None:
    denied = "<Error><Code>AccessDenied</Code></Error>"

    async def answer(request: web.Request) -> web.Response:
        is_delete = request.method == "DELETE"
        return web.Response(status=403 if is_delete else 200, text=denied if is_delete else "<a/>")

    async with served_by(answer) as storage:
        with pytest.raises(StorageRefused, match="AccessDenied"):
            await storage.delete("key")


class SlowWithParts:
    """Takes `seconds` for a part, unless the upload is aborted first, and remembers the order."""

    def __init__(self, seconds: float) -> None:
        self.order: list[str] = []
        self.part_came = asyncio.Event()
        self._seconds = seconds
        self._aborted = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        if request.method == "DELETE":
            self.order.append("aborted")
            self._aborted.set()
        if "partNumber" in request.query:
            self.part_came.set()
            try:
                async with asyncio.timeout(self._seconds):
                    await self._aborted.wait()
            except TimeoutError:
                self.order.append("part")
        begun = (
            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
        )
        body = begun if request.method == "POST" else "<Nothing/>"
        return web.Response(text=body, content_type="application/xml", headers={"ETag": "1"})


@dataclass
class BreakingOff:
    """Gives a part, and cannot be read any further when it is on its way."""

    part_came: asyncio.Event
    size: int = 2 * PART_BYTES
    sha256: str = "0" * 64

    async def parts(self, size: int) -> AsyncIterator[bytes]:
        yield bytes(size)
        await self.part_came.wait()
        raise OSError("the disk is gone")


@pytest.fixture
def store(filing: Callable[..., Filing]) -> Storing:
    async def _store(storage: S3Storage, content: Content) -> None:
        await storage.store("a/b.jpg", content, filing())

    return _store


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
@pytest.mark.parametrize(("status", "code", "failure"), ANSWERS)
async def test_each_refusal_of_s3_is_waited_out_or_shown_to_a_person(
    store: Storing, status: int, code: str, failure: type[Exception], size: int
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>"

    async with answering(status, body) as storage:
        with pytest.raises(failure, match=code):
            await store(storage, MemoryContent(bytes(size)))


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
@pytest.mark.parametrize("body", LIES)
async def test_a_stranger_that_answers_in_place_of_s3_is_not_believed(
    store: Storing, body: str, size: int
) -> None:
    async with answering(200, body) as storage:
        with pytest.raises(StorageUnavailable):
            await store(storage, MemoryContent(bytes(size)))


@pytest.mark.parametrize("body", LIES)
async def test_a_stranger_that_answers_to_a_look_has_no_file_of_ours(body: str) -> None:
    async with answering(200, body) as storage:
        assert await storage.find("a/b.jpg") is None


@pytest.mark.parametrize(("seconds", "order"), [(0.3, ["part", "aborted"]), (60.0, ["aborted"])])
async def test_an_upload_is_aborted_after_its_last_part_or_when_that_takes_too_long(
    store: Storing, seconds: float, order: list[str]
) -> None:
    s3 = SlowWithParts(seconds)

    async with served_by(s3.answer) as storage, asyncio.timeout(50):
        with pytest.raises(OSError, match="the disk is gone"):
            await store(storage, BreakingOff(s3.part_came))

    assert s3.order == order
