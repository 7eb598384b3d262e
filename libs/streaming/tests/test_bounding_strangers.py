"""What somebody without any right can take from a service's HTTP port."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from streaming.connections import WHOLE, Connection
from streaming.health import HealthServer

ASKED = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
BEGUN = b"POST /told HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal"
ENOUGH = 8 * 1024 * 1024


class Impatient(Connection):
    patience_s = 0.2
    last_words_s = 0.1


class Unasked(Connection):
    """Waits long for the rest of a question, but not for the next one."""

    patience_s = 600.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.timeout_keep_alive = 0
        super().connection_made(transport)


class Few(Connection):
    most = 3


class Caller:
    """A connection that says anything and hears what comes until the other side closes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, words: bytes) -> None:
        self.writer.write(words)
        await self.writer.drain()

    async def status(self) -> bytes:
        return (await self.head()).split()[1]

    async def head(self) -> bytes:
        return await self.reader.readuntil(b"\r\n\r\n")

    async def is_closed(self) -> bool:
        with contextlib.suppress(ConnectionError):
            await self.reader.read()
        return True


async def told(request: Request) -> Response:
    was_whole = WHOLE in request.scope.get("extensions", ())
    try:
        await request.body()
    except ClientDisconnect:
        return Response(status_code=408)
    return Response(headers={"x-was-whole": str(was_whole)})


@asynccontextmanager
async def port(connection: type[Connection]) -> AsyncIterator[int]:
    server = HealthServer(
        "127.0.0.1",
        0,
        ready=lambda: None,
        routes=[Route("/told", told, methods=["POST"])],
        connection=connection,
    )
    await server.start()
    try:
        async with asyncio.timeout(20):
            yield server.port
    finally:
        await server.stop()


@asynccontextmanager
async def call(port: int) -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "before",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ",
        b"GET /livez?",
        b"POST /told HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: ",
        b"POST /told HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=",
    ],
    ids=["header", "address", "trailer", "chunk extension"],
)
async def test_endless_words_around_a_body_are_cut_off(before: bytes) -> None:
    said = 0
    async with port(Connection) as number, call(number) as caller:
        with contextlib.suppress(ConnectionError):
            await caller.say(before)
            while said < ENOUGH:
                await caller.say(b"a" * 65536)
                said += 65536

    assert said < ENOUGH


async def test_endlessly_many_headers_are_cut_off() -> None:
    said = 0
    async with port(Connection) as number, call(number) as caller:
        with contextlib.suppress(ConnectionError):
            await caller.say(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
            while said < ENOUGH:
                await caller.say(b"X-A: b\r\n" * 8192)
                said += 65536

    assert said < ENOUGH


@pytest.mark.parametrize("half", [b"", b"GET /livez HT", ASKED + b"GET", BEGUN[:-3] + ASKED])
async def test_who_does_not_finish_a_question_in_time_is_left(half: bytes) -> None:
    async with port(Impatient) as number, call(number) as caller:
        await caller.say(half)

        assert await caller.is_closed()


async def test_who_has_been_answered_and_asks_nothing_more_is_left() -> None:
    async with port(Unasked) as number, call(number) as caller:
        await caller.say(ASKED)
        status = await caller.status()

        assert status == b"200"
        assert await caller.is_closed()


async def test_who_asks_again_in_time_is_answered_again() -> None:
    async with port(Connection) as number, call(number) as caller:
        for _ in range(3):
            await caller.say(ASKED)

            assert await caller.status() == b"200"


async def test_a_body_that_came_with_its_head_need_not_be_waited_for() -> None:
    async with port(Connection) as number, call(number) as caller:
        await caller.say(BEGUN + b"f told")

        assert b"x-was-whole: True" in await caller.head()


async def test_a_body_that_comes_later_is_waited_for() -> None:
    asks_first = BEGUN.removesuffix(b"\r\n\r\nhal") + b"\r\nExpect: 100-continue\r\n\r\n"
    async with port(Connection) as number, call(number) as caller:
        await caller.say(asks_first)
        went_on = await caller.status()
        await caller.say(b"half told")

        assert went_on == b"100"
        assert b"x-was-whole: False" in await caller.head()


async def test_dripping_bytes_do_not_prolong_the_wait() -> None:
    async with port(Impatient) as number, call(number) as caller:
        await caller.say(b"GET /")
        began = asyncio.get_running_loop().time()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while asyncio.get_running_loop().time() - began < 10:
                await caller.say(b"G")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await caller.reader.readuntil()
        waited = asyncio.get_running_loop().time() - began

    assert waited < 5


async def test_of_too_many_callers_the_longest_silent_gives_way() -> None:
    async with (
        port(Few) as number,
        call(number) as first,
        call(number) as second,
        call(number) as third,
    ):
        await second.say(ASKED)
        await third.say(BEGUN)
        heard = await second.status()
        async with call(number) as fourth:
            await fourth.say(ASKED)
            newest, left = await fourth.status(), await first.is_closed()
            await third.say(b"f done")
            finished = await third.status()

    assert (heard, newest, left, finished) == (b"200", b"200", True, b"200")


async def test_stopping_amid_half_a_question_is_quick_and_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        async with contextlib.AsyncExitStack() as callers:
            async with port(Impatient) as number:
                caller = await callers.enter_async_context(call(number))
                await caller.say(BEGUN)
                await asyncio.sleep(0)
                async with call(number) as other:
                    await other.say(ASKED)
                    await other.status()
                began = asyncio.get_running_loop().time()
            waited = asyncio.get_running_loop().time() - began

    assert caplog.messages == []
    assert waited < 2
