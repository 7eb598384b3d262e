"""What S3's answers mean: wait, or have a person look; an answer that lies stores nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from domain.ports.files import StorageRefused, StorageUnavailable
from file_manager.adapters.s3_parts import PART_BYTES
from file_manager.adapters.s3_storage import Bucket, S3Storage

pytestmark = pytest.mark.connected

ANSWERS = [
    (403, "AccessDenied", StorageRefused),
    (404, "NoSuchBucket", StorageRefused),
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


async def pieces(size: int) -> AsyncIterator[bytes]:
    yield bytes(size)


async def store(storage: S3Storage, size: int) -> None:
    await storage.store("a/b.jpg", pieces(size), mime_type="image/jpeg", expected_sha256=None)


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
@pytest.mark.parametrize(("status", "code", "failure"), ANSWERS)
async def test_each_refusal_of_s3_is_waited_out_or_shown_to_a_person(
    status: int, code: str, failure: type[Exception], size: int
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>"

    async with answering(status, body) as storage:
        with pytest.raises(failure, match=code):
            await store(storage, size)


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
@pytest.mark.parametrize("body", LIES)
async def test_a_stranger_that_answers_in_place_of_s3_is_not_believed(body: str, size: int) -> None:
    async with answering(200, body) as storage:
        with pytest.raises(StorageUnavailable):
            await store(storage, size)


@pytest.mark.parametrize("body", LIES)
async def test_a_stranger_that_answers_to_a_look_has_no_file_of_ours(body: str) -> None:
    async with answering(200, body) as storage:
        assert await storage.find("a/b.jpg") is None
