"""A request that came whole is answered by a shorter way, and nobody sees a difference."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from streaming.health import HealthServer
from streaming.whole import Headers, Plain

END = b"\r\n\r\n"


def told(words: bytes, *more: bytes, first: bytes = b"POST /told HTTP/1.1") -> bytes:
    head = [first, b"Host: x", b"Content-Length: %d" % len(words), *more]
    return b"\r\n".join(head) + END + words


class Listener:
    """Says how much it was told, and which way; words can make it fail, or wait."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.go_on = asyncio.Event()
        self.waits = asyncio.Event()

    async def whole(self, _: Headers, body: bytes) -> Plain:
        return await self._answer(body, "short")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(await Request(scope, receive).body(), "long")
        await answer(scope, receive, send)

    async def _answer(self, body: bytes, way: str) -> Plain:
        if body == b"fail":
            raise RuntimeError("on purpose")
        if body == b"wait":
            self.waits.set()
            await self.go_on.wait()
        self.heard.append(body)
        return Plain(200, {"x-heard": f"{len(body)} {way}"})


class Talk:
    """A listener, and a connection to the port it is on."""

    def __init__(self, server: HealthServer, listener: Listener) -> None:
        self.server, self.listener = server, listener
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def begin(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.server.port)

    async def ask(self, words: bytes) -> dict[str, str]:
        self.writer.write(words)
        return await self.answer()

    async def answer(self) -> dict[str, str]:
        status, *lines = (await self.reader.readuntil(END)).decode().strip().split("\r\n")
        return {"status": status, **dict(line.split(": ", 1) for line in lines)}


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    listener = Listener()
    server = HealthServer("127.0.0.1", 0, ready=lambda: None, direct={"/told": listener})
    await server.start()
    talk = Talk(server, listener)
    await talk.begin()
    yield talk
    talk.writer.transport.abort()
    await server.stop()


async def test_both_ways_answer_with_the_same_lines(talk: Talk) -> None:
    short = await talk.ask(told(b"word"))
    long = await talk.ask(told(b"word", first=b"POST /told?by=uvicorn HTTP/1.1"))

    assert (short.pop("x-heard"), long.pop("x-heard")) == ("4 short", "4 long")
    assert short.pop("date")
    assert long.pop("date")
    assert short == long == {"status": "HTTP/1.1 200 OK", "content-length": "0"}


@pytest.mark.parametrize(
    "asked",
    [
        told(b"word", first=b"PUT /told HTTP/1.1"),
        told(b"word", first=b"POST /told HTTP/1.0"),
        told(b"word", b"Connection: close"),
        told(b"word", b"Expect: 100-continue"),
    ],
    ids=["another method", "an older version", "the last one", "asks for leave"],
)
async def test_whatever_is_uncommon_goes_the_long_way(talk: Talk, asked: bytes) -> None:
    answer = await talk.ask(asked)
    if answer["status"] == "HTTP/1.1 100 Continue":
        answer = await talk.answer()

    assert answer["x-heard"] == "4 long"


async def test_a_body_in_chunks_may_come_whole_too(talk: Talk) -> None:
    head = b"POST /told HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked" + END
    answer = await talk.ask(head + b"2\r\nwo\r\n2\r\nrd\r\n0\r\n\r\n")

    assert answer["x-heard"] == "4 short"
    assert talk.listener.heard == [b"word"]


@pytest.mark.parametrize("upto", [1, 30, -40_000, -1])
async def test_a_request_in_two_pieces_is_heard_like_any_other(talk: Talk, upto: int) -> None:
    words = bytes(range(256)) * 200
    asked = told(words)
    talk.writer.write(asked[:upto])
    await asyncio.sleep(0)
    answer = await talk.ask(asked[upto:])

    assert answer["x-heard"].startswith(f"{len(words)} ")
    assert talk.listener.heard == [words]


async def test_requests_behind_one_another_are_answered_in_their_order(talk: Talk) -> None:
    asked = [told(b"a" * number) for number in range(1, 8)]
    talk.writer.write(b"".join(asked))
    answers = [await talk.answer() for _ in asked]

    assert [answer["x-heard"].split()[0] for answer in answers] == list("1234567")


async def test_a_failure_is_a_500_and_ends_the_connection(talk: Talk) -> None:
    answer = await talk.ask(told(b"fail"))

    assert answer["status"] == "HTTP/1.1 500 Internal Server Error"
    assert answer["connection"] == "close"
    assert await talk.reader.read() == b""


async def test_who_hangs_up_amid_it_disturbs_nobody(talk: Talk) -> None:
    talk.writer.write(told(b"wait"))
    await talk.listener.waits.wait()
    talk.writer.transport.abort()
    await talk.begin()
    talk.listener.go_on.set()
    answer = await talk.ask(told(b"word"))

    assert answer["x-heard"] == "4 short"
    assert talk.listener.heard == [b"wait", b"word"]


async def test_what_was_asked_is_answered_before_the_server_stops(talk: Talk) -> None:
    talk.writer.write(told(b"wait"))
    await talk.listener.waits.wait()
    stopping = asyncio.create_task(talk.server.stop())
    refused = False
    while not refused:
        try:
            _, other = await asyncio.open_connection("127.0.0.1", talk.server.port)
            other.transport.abort()
        except OSError:
            refused = True
    talk.listener.go_on.set()
    answer = await talk.answer()
    await stopping

    assert answer["x-heard"] == "4 short"
    assert answer["connection"] == "close"
    assert await talk.reader.read() == b""
