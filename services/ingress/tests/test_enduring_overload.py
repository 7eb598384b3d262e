"""On real sockets: who is slow, large, many or idle is cut off; the others are answered."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from domain.ports.command_log import LogEntry
from front_door import ingress, sender
from ingress.adapters.memory_command_log import MemoryCommandLog
from streaming.connections import Connection

Make = Callable[..., Any]
Signature = Callable[[bytes], str]
HALF_BODY = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"


class SlowLog(MemoryCommandLog):
    """Keeps nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.may_go_on = asyncio.Event()

    async def append(self, entries: Sequence[LogEntry]) -> None:
        self.asked += 1
        await self.may_go_on.wait()
        await super().append(entries)


class Few(Connection):
    most = 20


@pytest.fixture
def slow() -> SlowLog:
    return SlowLog()


@pytest.fixture
def request_of(signature: Signature) -> Callable[[bytes], bytes]:
    def make(body: bytes) -> bytes:
        head = (
            "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: {signature(body)}\r\n\r\n"
        )
        return head.encode() + body

    return make


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 only to be asked
        await asyncio.sleep(0.01)


async def test_a_body_that_trickles_is_cut_off_and_nothing_of_it_is_kept(
    log: MemoryCommandLog,
) -> None:
    async with ingress(log, patience_s=0.3) as port, sender(port) as slow_one:
        await slow_one.say(HALF_BODY)
        answer = asyncio.create_task(slow_one.status())
        while not answer.done():
            with contextlib.suppress(ConnectionError):
                await slow_one.say(b" ")
            await asyncio.sleep(0.02)

        assert await answer == 408
        assert await slow_one.is_left()
    assert log.entries == []


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 5000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"],
    ids=["declared", "chunked"],
)
async def test_an_oversized_body_is_refused_and_the_connection_closed(
    log: MemoryCommandLog, head: bytes
) -> None:
    async with ingress(log) as port, sender(port) as large_one:
        await large_one.say(b"POST /webhook HTTP/1.1\r\nHost: x\r\n" + head)
        if b"chunked" in head:
            for _ in range(5):
                await large_one.say(b"100000\r\n" + bytes(1024 * 1024) + b"\r\n")
            await large_one.say(b"0\r\n\r\n")
        else:
            await large_one.say(bytes(5_000_000))

        assert await large_one.status() == 413
        assert await large_one.is_left()
    assert log.entries == []


async def test_idle_and_unfinished_connections_do_not_keep_whatsapp_out(
    log: MemoryCommandLog, webhook: Make, text: Make, request_of: Callable[[bytes], bytes]
) -> None:
    async with contextlib.AsyncExitStack() as crowd, ingress(log, connection=Few) as port:
        for number in range(3 * Few.most):
            idle = await crowd.enter_async_context(sender(port))
            with contextlib.suppress(ConnectionError):
                await idle.say(HALF_BODY if number % 2 else b"")
        async with sender(port) as whatsapp:
            await whatsapp.say(request_of(webhook(messages=[text()])))

            assert await whatsapp.status() == 200
    assert len(log.entries) == 1


async def test_when_keeping_is_slow_more_than_fits_is_told_not_now_at_once(
    slow: SlowLog, webhook: Make, text: Make, request_of: Callable[[bytes], bytes]
) -> None:
    large = request_of(webhook(messages=[text(body="x" * 3_000_000)]))
    small = request_of(webhook(messages=[text("wamid.small")]))
    async with (
        ingress(slow) as port,
        sender(port) as first,
        sender(port) as second,
        sender(port) as third,
        sender(port) as fourth,
    ):
        await first.say(large)
        await second.say(large)
        await until(lambda: slow.asked == 2)
        await third.say(large)
        refused = await third.status()
        await fourth.say(small)
        await until(lambda: slow.asked == 3)
        kept_before = list(slow.entries)
        slow.may_go_on.set()
        taken = await first.status(), await second.status(), await fourth.status()

    assert refused == 503
    assert kept_before == []
    assert taken == (200, 200, 200)
    assert len(slow.entries) == 3


async def test_a_sender_who_leaves_before_the_answer_frees_its_room(
    slow: SlowLog, webhook: Make, text: Make, request_of: Callable[[bytes], bytes]
) -> None:
    large = request_of(webhook(messages=[text(body="x" * 3_000_000)]))
    async with ingress(slow) as port:
        async with sender(port) as one, sender(port) as other:
            await one.say(large)
            await other.say(large)
            await until(lambda: slow.asked == 2)
        slow.may_go_on.set()
        async with sender(port) as later:
            await later.say(large)

            assert await later.status() == 200
