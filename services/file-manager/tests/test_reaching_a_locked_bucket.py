"""A bucket behind TLS with a CA of its own, and keys to it that are lent for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from aiohttp import web
from pydantic import SecretStr

from devstack.authority import Authority
from devstack.endpoints import S3Endpoint
from devstack.secured import Secured
from domain.ports.files import Filing, StoredFile
from domain.values import ContactId
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage

pytestmark = pytest.mark.connected

ROLE = "arn:aws:iam::123456789012:role/agent"


@pytest.fixture(scope="module")
def locked(secured: Secured) -> S3Endpoint:
    return secured.stack.start("s3").s3


def with_keys(s3: S3Endpoint, **changes: Any) -> Bucket:
    details: dict[str, Any] = {
        "name": s3.bucket,
        "endpoint_url": s3.endpoint_url,
        "region": s3.region,
        "access_key_id": s3.access_key_id,
        "secret_access_key": SecretStr(s3.secret_access_key),
    }
    return Bucket(**{**details, **changes})


def without_keys(s3: S3Endpoint, ca: Path) -> Bucket:
    return Bucket(name=s3.bucket, endpoint_url=s3.endpoint_url, region=s3.region, ca=ca)


async def test_files_are_kept_behind_tls_with_a_ca_of_its_own(
    locked: S3Endpoint, secured: Secured
) -> None:
    assert locked.endpoint_url.startswith("https://")
    async with opened(with_keys(locked, ca=secured.authority.file)) as storage:
        await until_ready(storage)
        kept = await store(storage, "by-tls")
        found = await storage.find("by-tls")

    assert found == kept


async def test_an_endpoint_that_nobody_vouches_for_is_waited_for_and_named(
    locked: S3Endpoint, secured: Secured, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "strangers")
    misnamed = locked.endpoint_url.replace("127.0.0.1", "localhost")

    by_strangers = await trouble(with_keys(locked, ca=stranger.file))
    by_nobody = await trouble(with_keys(locked))
    by_name = await trouble(with_keys(locked, endpoint_url=misnamed, ca=secured.authority.file))

    assert by_strangers.endswith("its certificate is signed by no CA that we trust")
    assert by_nobody.endswith("its certificate is signed by no CA that we trust")
    assert by_name.endswith("its certificate is not made out to the name by which we call it")


async def test_who_lends_keys_is_asked_for_its_name_too(
    locked: S3Endpoint,
    secured: Secured,
    lending: "Lender",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lending.answer = lending.lend
    monkeypatch.setenv("AWS_CA_BUNDLE", str(secured.authority.file))
    monkeypatch.setenv(
        "AWS_ENDPOINT_URL_STS", locked.endpoint_url.replace("127.0.0.1", "localhost")
    )

    told = await trouble(without_keys(locked, secured.authority.file))

    assert told.endswith("its certificate is not made out to the name by which we call it")


async def test_behind_a_proxy_names_are_checked_as_well(
    locked: S3Endpoint, secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    misnamed = locked.endpoint_url.replace("127.0.0.1", "localhost")
    async with forwarding() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        told = await trouble(with_keys(locked, endpoint_url=misnamed, ca=secured.authority.file))
        async with opened(with_keys(locked, ca=secured.authority.file)) as storage:
            await until_ready(storage)

    assert told.endswith("its certificate is not made out to the name by which we call it")


async def test_keys_are_had_for_a_token_of_the_cluster(
    locked: S3Endpoint, secured: Secured, lending: "Lender"
) -> None:
    lending.answer = lending.lend
    async with opened(without_keys(locked, secured.authority.file)) as storage:
        await until_ready(storage)
        kept = await store(storage, "by-web-identity")
        found = await storage.find("by-web-identity")

    assert found == kept
    assert lending.asked[0]["Action"] == ["AssumeRoleWithWebIdentity"]
    assert lending.asked[0]["RoleArn"] == [ROLE]
    assert lending.asked[0]["WebIdentityToken"] == ["token-of-the-cluster"]


async def test_keys_that_end_are_lent_anew(
    locked: S3Endpoint, secured: Secured, lending: "Lender"
) -> None:
    # Amazon's clients renew what ends within ten minutes before they use it.
    lending.answer, lending.life = lending.lend, timedelta(minutes=5)
    async with opened(without_keys(locked, secured.authority.file)) as storage:
        await until_ready(storage)
        before = len(lending.asked)
        await store(storage, "again")

    assert len(lending.asked) > before


async def test_who_gets_no_keys_waits_and_is_not_taken_for_refused(
    locked: S3Endpoint, secured: Secured, lending: "Lender"
) -> None:
    lending.answer = lending.refuse
    async with opened(without_keys(locked, secured.authority.file)) as storage:
        await until_trouble(storage, "no credentials for the storage: AssumeRoleWithWebIdentity")
        reason = storage.ready()
        lending.answer = lending.lend
        await until_ready(storage)

    assert reason is not None
    assert reason.endswith("AccessDenied")
    assert "token-of-the-cluster" not in reason


async def test_a_token_file_that_is_not_there_is_named(
    locked: S3Endpoint,
    secured: Secured,
    lending: "Lender",
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    lending.answer = lending.lend
    missing = tmp_path / "missing"
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(missing))

    told = await trouble(without_keys(locked, secured.authority.file))

    assert f"{missing} cannot be read" in told


async def test_a_machine_without_any_keys_is_told_so(
    locked: S3Endpoint, secured: Secured, no_keys_around: None
) -> None:
    del no_keys_around

    told = await trouble(without_keys(locked, secured.authority.file))

    assert told.endswith("there are no credentials for the storage, or half of them")


class Lender:
    """Stands in for the service of Amazon's that lends keys for tokens (STS)."""

    def __init__(self, s3: S3Endpoint) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.life = timedelta(hours=1)
        self.answer = self.refuse
        self._s3 = s3

    async def hear(self, request: web.Request) -> web.Response:
        self.asked.append(parse_qs((await request.read()).decode()))
        return self.answer()

    def lend(self) -> web.Response:
        ends = (datetime.now(UTC) + self.life).strftime("%Y-%m-%dT%H:%M:%SZ")
        return web.Response(
            content_type="text/xml",
            text=f"""<AssumeRoleWithWebIdentityResponse
              xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
              <Credentials><AccessKeyId>{self._s3.access_key_id}</AccessKeyId>
              <SecretAccessKey>{self._s3.secret_access_key}</SecretAccessKey>
              <SessionToken>session</SessionToken><Expiration>{ends}</Expiration></Credentials>
              </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>""",
        )

    def refuse(self) -> web.Response:
        return web.Response(
            status=403,
            content_type="text/xml",
            text="""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
              <Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>
              </ErrorResponse>""",
        )


@pytest.fixture
def no_keys_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that knows nothing of Amazon, whatever this one knows."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
async def lending(
    locked: S3Endpoint, no_keys_around: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Lender]:
    """What a cluster tells a pod whose service account has a role (IRSA), and who lends keys."""
    del no_keys_around
    lender = Lender(locked)
    application = web.Application()
    application.router.add_post("/", lender.hear)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    token = tmp_path / "token"
    token.write_text("token-of-the-cluster")
    [address] = runner.addresses
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{address[1]}")
    yield lender
    await runner.cleanup()


@asynccontextmanager
async def opened(bucket: Bucket) -> AsyncIterator[S3Storage]:
    storage = S3Storage(bucket)
    await storage.start()
    try:
        yield storage
    finally:
        await storage.stop()


@asynccontextmanager
async def forwarding() -> AsyncIterator[str]:
    """Let whoever asks for a tunnel have it."""

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        there, back = await asyncio.open_connection("127.0.0.1", int(asked.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(65536):
            sink.write(piece)
        sink.close()

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def trouble(bucket: Bucket) -> str:
    """Give what the storage says once it has tried to reach the bucket."""
    async with opened(bucket) as storage:
        await until_trouble(storage, ":")
        return storage.ready() or "none"


async def until_trouble(storage: S3Storage, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in (storage.ready() or ""):  # noqa: ASYNC110 it can only be asked
            await asyncio.sleep(0.05)


async def until_ready(storage: S3Storage) -> None:
    async with asyncio.timeout(60):
        while storage.ready() is not None:  # noqa: ASYNC110 it can only be asked
            await asyncio.sleep(0.05)


async def store(storage: S3Storage, key: str) -> StoredFile:
    filing = Filing(
        contact_id=ContactId(uuid4()),
        mime_type="image/jpeg",
        kind="image",
        uploaded_at=datetime.now(UTC),
    )
    return await storage.store(key, MemoryContent(b"a photo"), filing)
