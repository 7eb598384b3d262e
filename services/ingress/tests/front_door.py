"""The front door on a real port, and those who come to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.use_cases.taking import TakeWebhook
from streaming.connections import Connection
from streaming.health import HealthServer

NUMBER = "106540352242922"
ROOM = 8 * 1024 * 1024


class Sender:
    """One connection of somebody who posts webhooks, or something like it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, words: bytes) -> None:
        self._writer.write(words)
        await self._writer.drain()

    async def status(self) -> int:
        head = await self._reader.readuntil(b"\r\n\r\n")
        return int(head.split()[1])

    async def is_left(self) -> bool:
        with contextlib.suppress(ConnectionError):
            await self._reader.read()
        return True


@asynccontextmanager
async def ingress(
    log: MemoryCommandLog, *, patience_s: float = 5.0, connection: type[Connection] = Connection
) -> AsyncIterator[int]:
    """Serve the front door on a real port until the block ends."""
    door = Door(
        take=TakeWebhook(log, {NUMBER}),
        app_secret="the-app-secret",
        verify_token="the-verify-token",
        in_flight=InFlight(ROOM),
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        patience_s=patience_s,
    )
    server = HealthServer(
        "127.0.0.1",
        0,
        ready=lambda: None,
        direct={"/webhook": webhook_api(door)},
        connection=connection,
    )
    await server.start()
    try:
        async with asyncio.timeout(60):
            yield server.port
    finally:
        await server.stop()


@asynccontextmanager
async def sender(port: int) -> AsyncIterator[Sender]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Sender(reader, writer)
    finally:
        writer.transport.abort()
