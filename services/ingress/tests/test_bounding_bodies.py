"""Bodies that are too large, too slow, too many or never finished."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message

from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers.body import MOST_BYTES
from ingress.handlers.in_flight import SMALL_BYTES, InFlight

Make = Callable[..., Any]
Post = Callable[..., Awaitable[int]]
ROOM_FOR_LARGE = 6 * 1024 * 1024
ROOM_FOR_SMALL = 2 * 1024 * 1024


@contextmanager
def full(room: InFlight, *, of_small: bool = True) -> Iterator[None]:
    """Hold all of an empty room, or what large bodies may have of it."""
    sizes = [ROOM_FOR_LARGE, *[SMALL_BYTES] * (ROOM_FOR_SMALL // SMALL_BYTES if of_small else 0)]
    with ExitStack() as shares:
        for size in sizes:
            shares.enter_context(room.share()).add(size)
        yield


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_larger_than_any_webhook_is_refused(
    door: httpx.AsyncClient,
    log: MemoryCommandLog,
    room: InFlight,
    declared: bool,  # noqa: FBT001
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(1024 * 1024)

    body = bytes(5 * 1024 * 1024) if declared else pieces()

    answer = await door.post("/webhook", content=body)

    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert log.entries == []
    with full(room):
        pass


async def test_a_body_too_large_in_its_last_piece_is_refused_too(api: ASGIApp) -> None:
    scope = {"type": "http", "method": "POST", "path": "/webhook", "headers": []}
    answers: list[Any] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(MOST_BYTES + 1), "more_body": False}

    async def send(message: Message) -> None:
        answers.append(message)

    await api({**scope, "query_string": b""}, receive, send)

    assert answers[0]["status"] == 413


async def test_a_sender_that_hangs_up_midway_leaves_nothing_behind(
    door: httpx.AsyncClient, log: MemoryCommandLog, room: InFlight
) -> None:
    class HungUp(Exception):
        pass

    async def half() -> AsyncIterator[bytes]:
        yield b'{"entry":'
        raise HungUp

    with pytest.raises(HungUp):
        await door.post("/webhook", content=half())

    assert log.entries == []
    with full(room):
        pass


async def test_beyond_its_room_ingress_says_not_now_at_once(
    post: Post, room: InFlight, webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text()])

    with full(room):
        crowded = await post(body)
    free = await post(body)

    assert (crowded, free) == (503, 200)


async def test_large_bodies_leave_room_for_ordinary_webhooks(
    post: Post, room: InFlight, webhook: Make, text: Make
) -> None:
    ordinary, large = webhook(messages=[text()]), webhook(messages=[text(body="x" * SMALL_BYTES)])

    with full(room, of_small=False):
        answers = await post(ordinary), await post(large)
    later = await post(large)

    assert (*answers, later) == (200, 503, 200)


@pytest.mark.parametrize("pause_s", [0.02, 60])
async def test_a_body_that_drips_or_stops_is_given_up(
    door: httpx.AsyncClient, room: InFlight, pause_s: float
) -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(500):
            yield b"{"
            await asyncio.sleep(pause_s)

    async with asyncio.timeout(5):
        answer = await door.post("/webhook", content=drops())

    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    with full(room):
        pass


async def test_a_large_body_may_take_longer_than_a_small_one(
    door: httpx.AsyncClient, signature: Callable[[bytes], str]
) -> None:
    body = b"{" * 2 * 1024 * 1024

    async def halves() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        await asyncio.sleep(0.8)
        yield body[len(body) // 2 :]

    signed = {"x-hub-signature-256": signature(body)}
    answer = await door.post("/webhook", content=halves(), headers=signed)

    assert answer.status_code == 200
