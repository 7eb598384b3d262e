"""Files of our own: uploaded once, sent by the platform's id, and never from elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from world import NOON

from domain.commands import RecordReplyFailed
from domain.events import ReplyRequested
from domain.messages import HeaderFile, OutboundLink, OutboundMedia, OutboundTemplate, OutboundText
from domain.ports.media_library import MediaLibrary
from domain.ports.sending import (
    NumberStopped,
    PlatformUnavailable,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from sender.adapters.console_media_library import ConsoleMediaLibrary
from sender.adapters.media_folder import MediaFolder
from sender.adapters.memory_media_library import MemoryMediaLibrary
from sender.adapters.memory_sender import MemorySender
from sender.adapters.whatsapp_cloud import GraphAccess
from sender.adapters.whatsapp_media_library import LIFETIME, WhatsAppMediaLibrary
from sender.use_cases.book import Outcome
from sender.use_cases.sending import ReplySending

NUMBER, OTHER = "106540352242922", "206540352242922"
PDF = b"%PDF-1.7 the terms"


class MediaLibraryContract:
    """What the sender relies on. Every adapter inherits these tests, with `terms.pdf` in it."""

    async def test_a_file_keeps_its_id(self, library: MediaLibrary) -> None:
        first = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        again = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)

        assert first
        assert first == again

    async def test_each_business_number_has_an_id_of_its_own(self, library: MediaLibrary) -> None:
        one = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        other = await library.media_id("terms.pdf", "document", phone_number_id=OTHER)

        assert one != other

    @pytest.mark.parametrize("name", ["nothing.pdf", "../terms.pdf", "/etc/hosts.txt", ""])
    async def test_what_is_not_in_the_folder_is_refused(
        self, library: MediaLibrary, name: str
    ) -> None:
        with pytest.raises(SendRefused):
            await library.media_id(name, "document", phone_number_id=NUMBER)

    async def test_a_file_is_sent_as_nothing_but_its_kind(self, library: MediaLibrary) -> None:
        with pytest.raises(SendRefused, match="file-of-wrong-kind"):
            await library.media_id("terms.pdf", "image", phone_number_id=NUMBER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terms.pdf").write_bytes(PDF)
    return tmp_path


class TestMemoryMediaLibrary(MediaLibraryContract):
    pass


class TestConsoleMediaLibrary(MediaLibraryContract):
    @pytest.fixture
    def library(self, folder: Path) -> ConsoleMediaLibrary:
        return ConsoleMediaLibrary(MediaFolder(folder))


class Platform:
    """Takes uploads, or answers the next ones as it is told to."""

    def __init__(self) -> None:
        self.uploads: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[tuple[int, bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        if self.answers:
            status, body = self.answers.pop(0)
            return web.Response(status=status, body=body)
        given = {
            "token": request.headers["Authorization"],
            "messaging_product": form["messaging_product"],
            "type": form["type"],
            "file": (file.filename, file.content_type, file.file.read()),
        }
        self.uploads.append((request.path, given))
        return web.json_response({"id": f"media-{len(self.uploads)}"})


@pytest.fixture
def graph() -> Platform:
    return Platform()


@pytest.fixture
def passed() -> list[float]:
    """Seconds that have passed."""
    return []


class TestWhatsAppMediaLibrary(MediaLibraryContract):
    @pytest.fixture
    async def library(
        self, folder: Path, graph: Platform, passed: list[float]
    ) -> AsyncIterator[WhatsAppMediaLibrary]:
        app = web.Application()
        app.router.add_post("/{version}/{number}/media", graph.take)
        async with TestServer(app) as server:
            access = GraphAccess(
                url=str(server.make_url("/")), version="v24.0", token=SecretStr("token")
            )
            library = WhatsAppMediaLibrary(
                access, MediaFolder(folder), monotonic=lambda: sum(passed)
            )
            await library.start()
            yield library
            await library.stop()

    async def test_an_upload_is_what_meta_documents(
        self, library: WhatsAppMediaLibrary, graph: Platform
    ) -> None:
        media_id = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)

        assert media_id == "media-1"
        assert graph.uploads == [
            (
                f"/v24.0/{NUMBER}/media",
                {
                    "token": "Bearer token",
                    "messaging_product": "whatsapp",
                    "type": "application/pdf",
                    "file": ("terms.pdf", "application/pdf", PDF),
                },
            )
        ]

    async def test_many_who_want_a_file_at_once_share_one_upload(
        self, library: WhatsAppMediaLibrary, graph: Platform
    ) -> None:
        wanted = (
            library.media_id("terms.pdf", "document", phone_number_id=NUMBER) for _ in range(20)
        )

        assert set(await asyncio.gather(*wanted)) == {"media-1"}
        assert len(graph.uploads) == 1

    async def test_a_file_is_uploaded_anew_before_the_platform_forgets_it(
        self, library: WhatsAppMediaLibrary, passed: list[float]
    ) -> None:
        first = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        passed.append(LIFETIME - 1)
        still = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        passed.append(1)
        anew = await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)

        assert (first, still, anew) == ("media-1", "media-1", "media-2")

    async def test_a_file_that_was_replaced_is_uploaded_anew(
        self, library: WhatsAppMediaLibrary, folder: Path
    ) -> None:
        await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        (folder / "terms.pdf").write_bytes(PDF + b", amended")

        assert await library.media_id("terms.pdf", "document", phone_number_id=NUMBER) == "media-2"

    async def test_a_file_beyond_metas_size_is_never_uploaded(
        self, library: WhatsAppMediaLibrary, folder: Path, graph: Platform
    ) -> None:
        (folder / "map.png").write_bytes(b"x" * (5 * 1024 * 1024 + 1))

        with pytest.raises(SendRefused, match="file-too-large"):
            await library.media_id("map.png", "image", phone_number_id=NUMBER)
        assert graph.uploads == []

    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (400, b'{"error": {"code": 131053}}', SendRefused),
            (500, b'{"error": {"code": 131000}}', SendFaltered),
            (400, b'{"error": {"code": 130429}}', SlowDown),
            (401, b'{"error": {"code": 190}}', NumberStopped),
            (502, b"<html>", PlatformUnavailable),
        ],
        ids=["refused", "faltered", "too many", "no token", "no platform"],
    )
    async def test_an_upload_that_failed_means_what_a_call_would(
        self,
        *,
        library: WhatsAppMediaLibrary,
        graph: Platform,
        status: int,
        body: bytes,
        kind: type[Exception],
    ) -> None:
        graph.answers.append((status, body))

        with pytest.raises(kind):
            await library.media_id("terms.pdf", "document", phone_number_id=NUMBER)
        assert await library.media_id("terms.pdf", "document", phone_number_id=NUMBER) == "media-1"

    async def test_a_link_out_of_the_folder_leads_nowhere(
        self, library: WhatsAppMediaLibrary, folder: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        secret = tmp_path_factory.mktemp("elsewhere") / "secret.pdf"
        secret.write_bytes(PDF)
        (folder / "link.pdf").symlink_to(secret)

        with pytest.raises(SendRefused, match="no-such-file"):
            await library.media_id("link.pdf", "document", phone_number_id=NUMBER)


Start = Callable[..., ReplySending]
Fulfil = Callable[..., Coroutine[Any, Any, None]]
Ask = Callable[..., ReplyRequested]


async def test_a_document_goes_out_by_the_id_of_its_upload_and_under_its_name(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    await fulfil(start(), ask(message=OutboundMedia(type="document", file="terms.pdf")))

    [(_, sent)] = platform.sent
    assert sent.message == OutboundMedia(
        type="document", media_id=f"media.memory.{NUMBER}.terms.pdf", file_name="terms.pdf"
    )


async def test_a_picture_above_words_is_uploaded_too(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    picture = HeaderFile(type="image", file="map.png")
    link = OutboundLink(header=picture, text="Here", button="Open", url="https://a.b")
    await fulfil(start(), ask(message=link))

    [(_, sent)] = platform.sent
    known = HeaderFile(type="image", media_id=f"media.memory.{NUMBER}.map.png")
    assert isinstance(sent.message, OutboundLink)
    assert sent.message.header == known


async def test_the_picture_of_the_way_out_is_uploaded_when_it_goes_that_way(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    picture = HeaderFile(type="image", file="map.png")
    template = OutboundTemplate(name="map", language="en", header=picture)
    await fulfil(start(), ask(fallback=template, window=NOON))

    [(_, sent)] = platform.sent
    assert isinstance(sent.message, OutboundTemplate)
    known = HeaderFile(type="image", media_id=f"media.memory.{NUMBER}.map.png")
    assert sent.message.header == known


async def test_a_way_out_that_is_not_needed_keeps_nothing_back(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender
) -> None:
    gone = HeaderFile(type="image", file="gone.png")
    await fulfil(start(), ask(fallback=OutboundTemplate(name="map", language="en", header=gone)))

    [(_, sent)] = platform.sent
    assert isinstance(sent.message, OutboundText)


async def test_a_file_that_the_platform_falters_at_is_given_up_with_its_reply(
    start: Start, fulfil: Fulfil, ask: Ask, library: MemoryMediaLibrary, told: list[Outcome]
) -> None:
    library.failures = [SendFaltered("platform-faltered", code=131000)] * 5
    await fulfil(start(), ask(message=OutboundMedia(type="image", file="map.png")))

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.code == 131000


async def test_a_reply_too_late_is_not_held_up_by_what_cannot_be_uploaded(
    start: Start, fulfil: Fulfil, ask: Ask, library: MemoryMediaLibrary, told: list[Outcome]
) -> None:
    library.failures = [PlatformUnavailable("media-not-uploaded")]
    late = ask(message=OutboundMedia(type="image", file="map.png"), window=NOON)
    await fulfil(start(), late)

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "window-closed"


async def test_a_window_that_closes_during_the_upload_keeps_the_file_back(
    *,
    start: Start,
    fulfil: Fulfil,
    ask: Ask,
    library: MemoryMediaLibrary,
    platform: MemorySender,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = library.media_id

    async def take_a_day(*file: Any, **where: Any) -> str:
        slept.append(24 * 3600)
        return await upload(*file, **where)

    monkeypatch.setattr(library, "media_id", take_a_day)
    way_out = OutboundTemplate(name="map", language="en")
    await fulfil(
        start(), ask(message=OutboundMedia(type="image", file="map.png"), fallback=way_out)
    )

    [(_, sent)] = platform.sent
    assert sent.message == way_out


async def test_a_file_that_is_not_there_fails_before_any_call(
    start: Start, fulfil: Fulfil, ask: Ask, platform: MemorySender, told: list[Outcome]
) -> None:
    await fulfil(start(), ask(message=OutboundMedia(type="image", file="gone.png")))

    [outcome] = told
    assert isinstance(outcome, RecordReplyFailed)
    assert outcome.reason == "no-such-file"
    assert platform.calls == 0


async def test_while_nothing_can_be_uploaded_the_reply_waits(
    start: Start, fulfil: Fulfil, ask: Ask, library: MemoryMediaLibrary, told: list[Outcome]
) -> None:
    library.failures.append(PlatformUnavailable("media-not-uploaded"))
    sending, request = start(), ask(message=OutboundMedia(type="image", file="map.png"))

    with pytest.raises(PlatformUnavailable):
        await fulfil(sending, request)
    assert told == []
    await fulfil(sending, request)
    assert len(told) == 1


async def test_words_alone_need_no_library(
    start: Start, fulfil: Fulfil, ask: Ask, library: MemoryMediaLibrary
) -> None:
    await fulfil(start(), ask(message=OutboundText(text="Hello")))

    assert library.uploads == []
