"""How a bucket is told to delete by itself, beside what others have told it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from domain.ports.files import StorageUnavailable
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_care import S3Care
from file_manager.adapters.s3_storage import S3Storage

pytestmark = pytest.mark.connected

OTHERS = (
    "<Rule><ID>of-somebody-else</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status>"
    "<Expiration><Days>7</Days></Expiration></Rule>"
)
FOLDERS = (
    "<ListBucketResult><IsTruncated>false</IsTruncated>"
    "<CommonPrefixes><Prefix>index/ending/90d/</Prefix></CommonPrefixes>"
    "<CommonPrefixes><Prefix>index/ending/30d/</Prefix></CommonPrefixes></ListBucketResult>"
)
_NAMES = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class Rules:
    """A bucket that keeps rules: those that it has, and each time it was told others."""

    has: str | None = None
    status: int = 200
    told: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        if "lifecycle" not in request.query:
            return web.Response(text=FOLDERS, content_type="application/xml")
        if self.status != 200:
            code = {403: "AccessDenied", 501: "NotImplemented"}[self.status]
            return _error(self.status, code)
        if request.method == "PUT":
            self.told.append(body)
            self.has = "".join(body.partition("<Rule>")[1:]).removesuffix(
                "</LifecycleConfiguration>"
            )
            return web.Response()
        if self.has is None:
            return _error(404, "NoSuchLifecycleConfiguration")
        text = f"<LifecycleConfiguration>{self.has}</LifecycleConfiguration>"
        return web.Response(text=text, content_type="application/xml")


def _error(status: int, code: str) -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


@asynccontextmanager
async def care_of(rules: Rules) -> AsyncIterator[S3Care]:
    app = web.Application()
    app.add_routes([web.route("*", "/{path:.*}", rules.answer)])
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
        await storage.open()
        try:
            yield S3Care(storage)
        finally:
            await storage.stop()


def rules_in(body: str) -> dict[str, dict[str, str]]:
    """Give each rule by its id, flat: the last tag's name and its text."""
    found = {}
    for rule in ET.fromstring(body).iter(f"{_NAMES}Rule"):  # noqa: S314 our own
        flat = {one.tag.removeprefix(_NAMES): one.text or "" for one in rule.iter()}
        found[flat["ID"]] = flat
    return found


async def test_a_bucket_deletes_what_is_tagged_with_its_days_and_what_nobody_ended() -> None:
    rules = Rules()

    async with care_of(rules) as care:
        assert await care.write_rules()

    written = rules_in(rules.told[0])
    assert set(written) == {
        "whatsapp-agent-uploads",
        "whatsapp-agent-keep-30d",
        "whatsapp-agent-keep-90d",
    }
    ninety = written["whatsapp-agent-keep-90d"]
    assert (ninety["Key"], ninety["Value"], ninety["Days"]) == ("keep", "90d", "90")
    assert written["whatsapp-agent-uploads"]["DaysAfterInitiation"] == "1"


async def test_the_rules_of_others_stay() -> None:
    rules = Rules(OTHERS)

    async with care_of(rules) as care:
        await care.write_rules()

    assert rules_in(rules.told[0])["of-somebody-else"]["Prefix"] == "logs/"


async def test_rules_that_are_there_are_not_written_again() -> None:
    rules = Rules(OTHERS)

    async with care_of(rules) as care:
        for _ in range(3):
            assert await care.write_rules()

    assert len(rules.told) == 1


async def test_a_bucket_without_rules_is_swept_alone() -> None:
    async with care_of(Rules(status=501)) as care:
        assert not await care.write_rules()


async def test_an_operator_hears_that_rules_may_not_be_written() -> None:
    async with care_of(Rules(status=403)) as care:
        with pytest.raises(StorageUnavailable, match="AccessDenied"):
            await care.write_rules()
