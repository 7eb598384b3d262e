"""A wire carries bytes, and hangs up, hides answers or lets nobody in when it is told to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from devstack.kafka import broker_settings
from devstack.ports import free_port
from devstack.proxies import Detour
from devstack.wire import Wire


class Echo:
    """A server that answers what it is asked, and remembers it."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1024):
            self.asked.append(piece)
            writer.write(piece)
        writer.close()


@pytest.fixture
async def port() -> int:
    return free_port()


@pytest.fixture
async def echo(port: int) -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", port)
    yield echo
    server.close()


@pytest.fixture
async def wire(port: int) -> AsyncIterator[Wire]:
    wire = Wire(port, lambda asked, _answer: asked != b"never hidden")
    yield wire
    await wire.stop()


class Caller:
    """One connection through the wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, question: bytes) -> bytes:
        """Return the answer; nothing when the connection ended without one."""
        self._writer.write(question)
        return await self.hear()

    async def hear(self) -> bytes:
        try:
            async with asyncio.timeout(5):
                return await self._reader.read(1024)
        except ConnectionError:
            return b""

    def close(self) -> None:
        self._writer.transport.abort()


@pytest.fixture
async def caller(wire: Wire) -> AsyncIterator[Caller]:
    caller = Caller(*await asyncio.open_connection("127.0.0.1", await wire.start()))
    yield caller
    caller.close()


async def test_questions_and_answers_are_carried_unchanged(echo: Echo, caller: Caller) -> None:
    assert await caller.ask(b"one") == b"one"
    assert await caller.ask(b"two") == b"two"
    assert echo.asked == [b"one", b"two"]


async def test_a_hidden_answer_ends_the_connection_after_the_work_was_done(
    echo: Echo, wire: Wire, caller: Caller
) -> None:
    wire.drop_answers = 1

    assert await caller.ask(b"work") == b""
    assert echo.asked == [b"work"]
    assert (wire.drop_answers, wire.dropped) == (0, 1)


async def test_an_answer_that_may_not_be_hidden_arrives(
    echo: Echo, wire: Wire, caller: Caller
) -> None:
    wire.drop_answers = 1

    assert await caller.ask(b"never hidden") == b"never hidden"
    assert wire.drop_answers == 1
    assert echo.asked == [b"never hidden"]


async def test_a_cut_ends_every_connection_that_is_open(
    echo: Echo, wire: Wire, caller: Caller
) -> None:
    await caller.ask(b"one")

    assert wire.cut() == 1
    assert await caller.hear() == b""
    assert echo.asked == [b"one"]


async def test_nobody_is_let_in_while_the_wire_is_closed(echo: Echo, wire: Wire) -> None:
    wire.closed = True
    caller = Caller(*await asyncio.open_connection("127.0.0.1", await wire.start()))
    answer = await caller.ask(b"one")
    caller.close()

    assert answer == b""
    assert echo.asked == []


async def test_a_wire_whose_server_is_away_hangs_up_and_serves_when_it_is_back(
    wire: Wire, port: int
) -> None:
    front = await wire.start()
    first = Caller(*await asyncio.open_connection("127.0.0.1", front))
    refused = await first.ask(b"one")
    first.close()
    echo = Echo()
    async with await asyncio.start_server(echo.serve, "127.0.0.1", port):
        second = Caller(*await asyncio.open_connection("127.0.0.1", front))
        answer = await second.ask(b"two")
        second.close()

    assert (refused, answer) == (b"", b"two")


def test_who_comes_to_kafka_by_the_detour_is_told_to_go_on_by_it() -> None:
    detour = Detour(proxy=3, behind=2)
    settings = broker_settings(
        listen="127.0.0.1", port=1, controller_port=9, data="data", detour=detour
    )

    assert settings["listeners"] == (
        "CLIENTS://127.0.0.1:1,DETOUR://127.0.0.1:2,CONTROLLER://127.0.0.1:9"
    )
    assert settings["advertised.listeners"] == "CLIENTS://127.0.0.1:1,DETOUR://127.0.0.1:3"
    assert "DETOUR:PLAINTEXT" in settings["listener.security.protocol.map"]


def test_without_a_detour_kafka_listens_as_ever() -> None:
    settings = broker_settings(listen="127.0.0.1", port=1, controller_port=9, data="data")

    assert settings["listeners"] == "CLIENTS://127.0.0.1:1,CONTROLLER://127.0.0.1:9"
    assert settings["listener.security.protocol.map"] == "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT"
