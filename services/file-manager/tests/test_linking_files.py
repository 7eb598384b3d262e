"""Who gets to see a file: whoever has the token, by a link that ends soon."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from structlog.testing import capture_logs

from domain.ports.files import Filing, StorageUnavailable, StoredFile
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.adapters.s3_storage import S3Storage
from file_manager.handlers.links import Links

Filings = Callable[..., Filing]

TOKEN = "the-token"
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}
KEY = "1060/2026/11/00000000-0000-0000-0000-000000000004/image.jpg"


class Gone(MemoryStorage):
    async def find(self, key: str) -> StoredFile | None:
        del key
        raise StorageUnavailable


def client_of(storage: MemoryStorage | S3Storage) -> httpx.AsyncClient:
    app = Starlette(routes=Links(storage, SecretStr(TOKEN), seconds=60).routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://files")


@pytest.fixture
async def client(filing: Filings) -> AsyncIterator[httpx.AsyncClient]:
    storage = MemoryStorage()
    await storage.store(KEY, MemoryContent(b"a photo"), filing())
    async with client_of(storage) as client:
        yield client


async def test_a_file_is_downloaded_under_a_name_that_says_nothing_of_the_person(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(f"/files/{KEY}", headers=ALLOWED)

    assert answer.status_code == 302
    assert answer.headers["location"] == (
        f"memory://memory/{KEY}?as=00000000-0000-0000-0000-000000000004-image.jpg&for=60"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}],
    ids=["none", "another", "as a password"],
)
async def test_without_the_token_nobody_learns_whether_there_is_a_file(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answers = [await client.get(f"/files/{key}", headers=headers) for key in (KEY, "other")]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "key",
    [
        KEY.replace("0004", "0005"),
        "index/erased/00000000-0000-0000-0000-000000000004",
        f"../{KEY}",
        f"{KEY}/",
        "%2e%2e/secrets",
        "",
    ],
)
async def test_nothing_but_files_is_linked_to(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.get(f"/files/{key}", headers=ALLOWED)

    assert answer.status_code == 404


async def test_while_the_bucket_is_gone_whoever_asks_is_told_to_come_back() -> None:
    async with client_of(Gone()) as client:
        answer = await client.get(f"/files/{KEY}", headers=ALLOWED)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_the_link_is_logged_nowhere(client: httpx.AsyncClient) -> None:
    with capture_logs() as logged:
        await client.get(f"/files/{KEY}", headers=ALLOWED)

    assert logged
    assert "memory://" not in repr(logged)
    assert TOKEN not in repr(logged)


@pytest.mark.connected
async def test_whoever_follows_the_link_has_the_file_and_by_a_changed_one_has_not(
    s3_storage: S3Storage, filing: Filings
) -> None:
    key = f"1060/2026/11/{uuid4()}/image.jpg"
    await s3_storage.store(key, MemoryContent(b"a photo"), filing())

    async with client_of(s3_storage) as client, httpx.AsyncClient(trust_env=False) as anybody:
        answer = await client.get(f"/files/{key}", headers=ALLOWED)
        link = answer.headers["location"]
        file = await anybody.get(link)
        changed = await anybody.get(link.replace("image.jpg?", "other.jpg?"))

    assert file.content == b"a photo"
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert changed.status_code == 403
