"""Open pages hear what happens as it happens."""

import json
from typing import Any

import httpx

from simulator.platform import Simulator
from simulator.stream import MOST_WAITING, Hub, Stream

ANA, BEN = "15550001111", "15550002222"
TEXT = {"type": "text", "text": {"body": "hi"}}


def read(event: str) -> tuple[str, Any]:
    kind, data = event.strip().split("\n")
    return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_a_page_hears_of_its_own_messages_and_that_others_got_some(
    client: httpx.AsyncClient, pages: Stream
) -> None:
    stream = pages.follow(ANA)
    await anext(stream)
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await client.post(f"/simulator/users/{BEN}/messages", json=TEXT)
    heard = {}
    while "elsewhere" not in heard:
        kind, data = read(await anext(stream))
        heard[kind] = data
    await stream.aclose()

    assert heard["message"]["message"] == TEXT
    assert heard["message"]["tick"] == "sent"
    assert heard["elsewhere"] == {"wa_id": BEN}


async def test_a_stream_ends_when_the_platform_stops(platform: Simulator, pages: Stream) -> None:
    stream = pages.follow(ANA)
    await anext(stream)

    platform.hub.close()

    assert [read(event)[0] async for event in stream] == ["person"]


def test_a_page_that_does_not_keep_up_is_cut_off() -> None:
    hub = Hub()
    with hub.page() as page:
        for _ in range(MOST_WAITING + 10):
            hub.publish("tick", ANA, {})

    notices = [page.get_nowait() for _ in range(page.qsize())]
    assert len(notices) == MOST_WAITING + 1
    assert notices[-1] is None


async def test_the_page_and_its_parts_are_served_without_any_other_host(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/")
    parts = [part.split('"')[0] for part in page.text.split('"/static/')[1:]]

    assert len(parts) >= 5
    assert {(await client.get(f"/static/{part}")).status_code for part in parts} == {200}
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_persons_file_is_shown_but_can_never_run_in_the_page(
    client: httpx.AsyncClient, platform: Simulator
) -> None:
    media = platform.media.keep(b"<script>", "text/html")

    shown = await client.get(f"/simulator/media/{media.id}")

    assert shown.content == b"<script>"
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert (await client.get("/simulator/media/none")).status_code == 404
