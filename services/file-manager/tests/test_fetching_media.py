"""What a MediaSource promises, and how Meta's answers about media are understood."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest
from structlog.testing import capture_logs

from domain.ports.files import MediaGone, MediaSource, MediaUnavailable
from file_manager.adapters.memory_media import MemoryMedia, OfferedFile
from file_manager.adapters.whatsapp_media import WhatsAppMedia
from meta_media import LINK, PHOTO, TOKEN, Answer, Meta, link, photo, read, refusal, source

KIBIBYTE = 1024


async def stumble(media: MediaSource) -> None:
    async with media.open("media-1", phone_number_id="1060") as opened:
        async for _ in opened.content:
            raise ZeroDivisionError


class MediaSourceContract:
    """What file-manager relies on. Every adapter inherits these tests."""

    async def test_a_file_comes_whole_with_the_size_and_hash_it_is_said_to_have(
        self, media: MediaSource
    ) -> None:
        async with media.open("media-1", phone_number_id="1060") as opened:
            content = b"".join([piece async for piece in opened.content])

        assert content == PHOTO
        assert (opened.size, opened.sha256) == (len(PHOTO), hashlib.sha256(PHOTO).hexdigest())

    async def test_a_file_that_the_platform_does_not_have_is_gone(self, media: MediaSource) -> None:
        with pytest.raises(MediaGone):
            await read(media, "media-2")

    async def test_a_reader_that_stops_midway_keeps_its_own_failure(
        self, media: MediaSource
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            await stumble(media)

    async def test_a_file_comes_from_where_it_was_cut_or_from_its_begin(
        self, media: MediaSource
    ) -> None:
        async with media.open("media-1", phone_number_id="1060", start=5) as opened:
            content = b"".join([piece async for piece in opened.content])

        assert opened.start in {0, 5}
        assert content == PHOTO[opened.start :]

    async def test_a_file_can_be_fetched_again(self, media: MediaSource) -> None:
        assert await read(media) == await read(media)


class TestMemoryMedia(MediaSourceContract):
    @pytest.fixture
    def media(self) -> MemoryMedia:
        sha256 = hashlib.sha256(PHOTO).hexdigest()
        return MemoryMedia({"media-1": OfferedFile([PHOTO[:5], PHOTO[5:]], len(PHOTO), sha256)})


class TestWhatsAppMedia(MediaSourceContract):
    @pytest.fixture
    def media(self) -> WhatsAppMedia:
        def look_up(request: httpx.Request) -> httpx.Response:
            known = request.url.path == "/v24.0/media-1"
            return link() if known else refusal(400, 100)

        return source(Meta([look_up], [photo]))


async def test_the_token_and_our_name_go_to_meta_and_the_number_is_named() -> None:
    meta = Meta([link()], [photo])

    await read(source(meta))

    assert meta.hosts == ["graph.facebook.com", "lookaside.fbsbx.com"]
    assert meta.requests[0].url.params["phone_number_id"] == "1060"
    for request in meta.requests:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["user-agent"].startswith("whatsapp-agent")


async def test_the_link_that_came_with_the_message_saves_the_look_up() -> None:
    meta = Meta([link()], [photo])

    assert await read(source(meta), link=LINK + "&inline=1") == PHOTO
    assert meta.hosts == ["lookaside.fbsbx.com"]
    assert meta.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(404), httpx.Response(403), httpx.Response(500), httpx.ReadTimeout("slow")],
    ids=repr,
)
async def test_a_link_that_came_with_the_message_and_fails_is_looked_up(answer: Answer) -> None:
    meta = Meta([link()], [answer, photo])

    assert await read(source(meta), link=LINK) == PHOTO
    assert meta.hosts == ["lookaside.fbsbx.com", "graph.facebook.com", "lookaside.fbsbx.com"]


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "http://169.254.169.254/", "a b"])
async def test_the_token_is_not_sent_where_a_message_says_but_where_the_platform_does(
    url: str,
) -> None:
    meta = Meta([link()], [photo])

    assert await read(source(meta), link=url) == PHOTO
    assert meta.hosts == ["graph.facebook.com", "lookaside.fbsbx.com"]


async def test_an_answer_that_begins_elsewhere_than_asked_is_not_taken() -> None:
    part = httpx.Response(206, headers={"content-range": "bytes 3-9/10"}, content=b"1234567")

    with pytest.raises(MediaUnavailable):
        async with source(Meta([link()], [part])).open("media-1", phone_number_id="1060", start=5):
            pass


async def test_a_file_of_which_all_has_come_already_is_whole_and_no_trouble() -> None:
    whole = {"content-range": f"bytes */{len(PHOTO)}"}
    nothing_more = httpx.Response(416, headers=whole, content=b"<html>nothing more</html>")
    media = source(Meta([link()], [nothing_more]))

    with capture_logs() as logs:
        async with media.open("media-1", phone_number_id="1060", start=len(PHOTO)) as opened:
            content = b"".join([piece async for piece in opened.content])

    assert (opened.start, content) == (len(PHOTO), b"")
    assert not logs


async def test_a_whole_file_that_is_refused_as_a_part_of_one_is_waited_for() -> None:
    with pytest.raises(MediaUnavailable):
        await read(source(Meta([link()], [httpx.Response(416)])))


async def test_a_link_that_has_expired_is_asked_for_once_more() -> None:
    meta = Meta([link()], [httpx.Response(404), photo])

    assert await read(source(meta)) == PHOTO
    assert len(meta.requests) == 4


async def test_a_file_whose_fresh_link_leads_nowhere_is_gone() -> None:
    meta = Meta([link()], [httpx.Response(404)])

    with pytest.raises(MediaGone):
        await read(source(meta))

    assert len(meta.requests) == 4


@pytest.mark.parametrize(
    "answer", [refusal(404, 1), refusal(400, 33), refusal(400, 100), httpx.Response(410)]
)
async def test_an_id_that_meta_does_not_know_any_more_is_gone(answer: httpx.Response) -> None:
    with pytest.raises(MediaGone):
        await read(source(Meta([answer], [photo])))


UNAVAILABLE = [
    refusal(401, 190),
    refusal(400, 190),
    refusal(403, 10),
    refusal(400, 130429),
    refusal(400, 4),
    httpx.Response(429),
    refusal(500, 1),
    httpx.Response(503, text="<html>"),
    httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    httpx.Response(200, text="no json"),
    httpx.Response(200, json={"url": 7}),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
]


@pytest.mark.parametrize("answer", UNAVAILABLE, ids=repr)
async def test_other_trouble_with_the_look_up_is_waited_for(answer: Answer) -> None:
    with pytest.raises(MediaUnavailable) as raised:
        await read(source(Meta([answer], [photo])))

    assert TOKEN not in repr(raised.value)


async def test_a_look_up_answer_without_end_is_given_up_after_little_of_it() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'{"url": "'
        while taken < 100 * KIBIBYTE:
            taken += KIBIBYTE
            yield b"a" * KIBIBYTE

    meta = Meta([httpx.Response(200, content=endless())], [photo])

    with pytest.raises(MediaUnavailable, match="too long"):
        await read(source(meta))

    assert taken <= 64 * KIBIBYTE


async def test_a_look_up_answer_that_trickles_for_too_long_is_given_up() -> None:
    async def trickling() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    meta = Meta([httpx.Response(200, content=trickling())], [photo])

    with pytest.raises(MediaUnavailable, match="takes too long"):
        await read(source(meta, look_up_seconds=0.05))


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(401), httpx.Response(403), httpx.Response(500), httpx.ReadTimeout("slow")],
    ids=repr,
)
async def test_trouble_with_the_download_is_waited_for(answer: Answer) -> None:
    with pytest.raises(MediaUnavailable):
        await read(source(Meta([link()], [answer])))


async def test_a_connection_lost_midway_is_waited_for() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PHOTO
        raise httpx.ReadError("lost")

    meta = Meta([link()], [httpx.Response(200, content=broken())])

    with pytest.raises(MediaUnavailable):
        await read(source(meta))


async def test_a_download_that_trickles_for_too_long_is_given_up() -> None:
    async def trickling() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await asyncio.sleep(0.01)

    meta = Meta([link()], [httpx.Response(200, content=trickling())])

    with pytest.raises(MediaUnavailable, match="too long"):
        await read(source(meta, transfer_seconds=0.05))


async def test_a_hash_in_another_form_is_passed_over() -> None:
    meta = Meta([link(sha256="tea/leaves=")], [photo])

    async with source(meta).open("media-1", phone_number_id="1060") as opened:
        assert opened.sha256 is None


@pytest.mark.parametrize("media_id", ["..", "../me?fields=id", "a/b", "%2e%2e", "", "1\n", "é"])
async def test_an_id_that_is_none_of_metas_is_gone_without_asking(media_id: str) -> None:
    meta = Meta([link()], [photo])

    with pytest.raises(MediaGone):
        await read(source(meta), media_id)

    assert not meta.requests
