"""What is spared with each call to the storage, and what is said all the same."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botocore.auth import AUTH_TYPE_MAPS
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.endpoint_provider import RuleSet
from pydantic import SecretStr

from domain.ports.files import Filing
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_body import Body
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage

Filings = Callable[..., Filing]

PHOTO = b"\xff\xd8\xffa photo"
KNOWN = "ab" * 32


def signed_hash(body: Any, scheme: str = "http") -> str:
    request = AWSRequest(method="PUT", url=f"{scheme}://storage/files/a.jpg", data=body)
    signer: Any = AUTH_TYPE_MAPS["s3v4"]
    signer(Credentials("id", "key"), "s3", "us-east-1").add_auth(request)
    return str(request.headers["X-Amz-Content-SHA256"])


def as_s3_wants_it(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_sent_is_signed_by_the_hash_that_is_known_of_it(scheme: str) -> None:
    assert signed_hash(Body(PHOTO, KNOWN), scheme) == KNOWN


@pytest.mark.parametrize("body", [PHOTO, BytesIO(PHOTO)], ids=["bytes", "stream"])
def test_what_nobody_hashed_before_is_hashed_to_sign_it(body: Any) -> None:
    assert signed_hash(body) == hashlib.sha256(PHOTO).hexdigest()


def bucket(endpoint_url: str) -> Bucket:
    return Bucket(
        name="files",
        endpoint_url=endpoint_url,
        region="us-east-1",
        access_key_id="id",
        secret_access_key=SecretStr("key"),
    )


async def test_where_the_bucket_is_is_found_out_once_for_all_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found_out: list[Any] = []
    find_out = RuleSet.evaluate

    def noted(rules: RuleSet, asked: Any) -> Any:
        found_out.append(asked["Endpoint"])
        return find_out(rules, asked)

    monkeypatch.setattr(RuleSet, "evaluate", noted)
    storage = S3Storage(bucket("https://storage.test"))
    await storage.open()
    for number in range(5):
        await storage.link(f"1060/2026/11/{number}/a.jpg", file_name="a.jpg", seconds=60)
    await storage.stop()

    assert found_out.count("https://storage.test") == 1


async def test_an_entry_of_the_index_has_no_body_that_the_storage_is_waited_with_for(
    filing: Filings,
) -> None:
    asked: dict[str, tuple[str | None, str]] = {}

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        kind = "entry" if request.path.startswith("/files/index/") else "file"
        told = request.headers
        asked[kind] = told.get("Expect"), told["x-amz-checksum-sha256"]
        return web.Response(headers={"ETag": '"1"'})

    app = web.Application()
    app.add_routes([web.put("/{path:.*}", answer)])
    async with TestServer(app) as server:
        storage = S3Storage(bucket(str(server.make_url("/"))))
        await storage.open()
        await storage.store("1060/2026/11/a/image.jpg", MemoryContent(PHOTO), filing())
        await storage.stop()

    assert asked == {
        "entry": (None, as_s3_wants_it(b"")),
        "file": ("100-continue", as_s3_wants_it(PHOTO)),
    }
