"""TCP proxies that hang up between request and answer, before PostgreSQL and before Kafka."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit, urlunsplit

LOOPBACK = "127.0.0.1"
END_TRANSACTION = 26
"""Kafka's API key of the request that commits or aborts."""
_ANSWER_TO_AN_APPEND = b"D\x00\x00\x00\x18\x00\x02\x00\x00\x00\x02"
"""The begin of a row of two columns, of two and eight bytes: a shard, and where it ended before."""


class _Proxy(ABC):
    """Carries bytes to one server and back."""

    def __init__(self, host: str, port: int) -> None:
        self._there = host, port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.drop_answers = 0
        self.closed = False

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        self._open.add(answers)
        with suppress(OSError):
            if not self.closed:
                server, requests = await asyncio.open_connection(*self._there)
                await self._carry(client, requests, server, answers)
                requests.transport.abort()
        self._open.discard(answers)
        answers.transport.abort()

    @abstractmethod
    async def _carry(
        self,
        client: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
    ) -> None:
        """Carry bytes both ways until one side hangs up."""

    def _drops(self) -> bool:
        self.drop_answers -= 1
        return self.drop_answers >= 0


class PostgresWire(_Proxy):
    """Can hang up before the answer to an append."""

    def __init__(self, dsn: str) -> None:
        self._dsn = urlsplit(dsn)
        super().__init__(str(self._dsn.hostname), self._dsn.port or 5432)

    async def start(self) -> str:
        place = f"{self._dsn.netloc.rpartition('@')[0]}@{LOOPBACK}:{await self.listen()}"
        return urlunsplit(self._dsn._replace(netloc=place))

    async def _carry(
        self,
        client: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
    ) -> None:
        await _first(_pump(client, requests, lambda _: False), _pump(server, answers, self._hears))

    def _hears(self, answer: bytes) -> bool:
        return self.drop_answers > 0 and _ANSWER_TO_AN_APPEND in answer and self._drops()


class KafkaWire(_Proxy):
    """Can hang up before the answer to a commit, or swallow it.

    Tells clients its own port as the broker's.
    """

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.partition(":")
        super().__init__(host, int(port))
        self._real = LOOPBACK.encode() + int(port).to_bytes(4)
        self._own = b""
        self.swallows = False

    async def start(self) -> str:
        port = await self.listen()
        self._own = LOOPBACK.encode() + port.to_bytes(4)
        return f"{LOOPBACK}:{port}"

    async def _carry(
        self,
        client: asyncio.StreamReader,
        requests: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
    ) -> None:
        commits: set[bytes] = set()

        def note(request: bytes) -> bytes:
            if int.from_bytes(request[:2]) == END_TRANSACTION:
                commits.add(request[4:8])
            return request

        def hear(answer: bytes) -> bytes | None:
            if answer[:4] in commits and self.drop_answers > 0 and self._drops():
                return b"" if self.swallows else None
            return answer.replace(self._real, self._own)

        await _first(_pump_frames(client, requests, note), _pump_frames(server, answers, hear))


async def _first(*pumps: Awaitable[None]) -> None:
    """Return when one of them ends; the others end with it."""
    tasks = [asyncio.ensure_future(pump) for pump in pumps]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hangs_up: Callable[[bytes], bool]
) -> None:
    while (piece := await reader.read(65_536)) and not hangs_up(piece):
        writer.write(piece)
        await writer.drain()


async def _pump_frames(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    change: Callable[[bytes], bytes | None],
) -> None:
    while True:
        size = await reader.readexactly(4)
        frame = change(await reader.readexactly(int.from_bytes(size)))
        if frame is None:
            return
        if frame:
            writer.write(size + frame)
            await writer.drain()
