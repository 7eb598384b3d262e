"""What stands around the sender in tests on a real Kafka: the platform, session-core, processes."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiokafka import AIOKafkaConsumer

from domain import codec
from domain.commands import RecordReplySent
from domain.events import Event
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS, Topic
from sender.app import build
from sender.settings import Settings
from streaming.cloudevents import CloudEvent, decode, encode
from streaming.kafka import Publisher

PARTITION = 2


@dataclass
class Graph:
    """The platform: counts the calls it accepts, and answers only while `answers` is set."""

    url: str = ""
    calls: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    takes: Callable[[], float] = lambda: 0.01
    """Seconds until an answer."""
    accepted: Callable[[str], Awaitable[None]] | None = None
    """Told of each reply that was accepted, whether or not the answer arrives."""

    async def accept(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.calls.append(body["biz_opaque_callback_data"])
        self.texts.append(body["text"]["body"])
        self.called.set()
        try:
            if self.accepted:
                await self.accepted(self.calls[-1])
            await self.answers.wait()
            await asyncio.sleep(self.takes())
        finally:
            self.at_once -= 1
        return web.json_response({"messages": [{"id": f"wamid.{len(self.calls)}"}]})


@asynccontextmanager
async def serving(graph: Graph) -> AsyncIterator[web.Server]:
    """Serve the platform, which sees through what it accepted even if its caller is gone.

    aiohttp's TestServer does not: a reply that was counted would never get its status.
    """
    app = web.Application()
    app.router.add_post("/v24.0/{number}/messages", graph.accept)
    runner = web.AppRunner(app, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    [(host, port)] = runner.addresses
    graph.url = f"http://{host}:{port}/"
    assert runner.server is not None
    try:
        yield runner.server
    finally:
        graph.answers.set()
        await runner.cleanup()


@dataclass
class Core:
    """Session-core's side: writes events, reads commands."""

    publisher: Publisher
    readers: dict[str, AIOKafkaConsumer]

    async def happens(
        self, event: Event, *, data: bytes | None = None, partition: int = PARTITION
    ) -> None:
        envelope = CloudEvent(
            id=str(uuid4()),
            type=event.TYPE,
            source="session-core",
            time=datetime.now(UTC),
            data=codec.encode(event) if data is None else data,
        )
        await self.publisher.publish(
            SESSION_EVENTS.name,
            envelope.data,
            key=str(event.contact_id).encode(),
            headers=encode(envelope),
            partition=partition,
        )

    async def read(self, topic: Topic, count: int) -> list[Any]:
        async with asyncio.timeout(90):
            return [await self.readers[topic.name].getone() for _ in range(count)]

    async def has_more(self, topic: Topic) -> bool:
        return bool(await self.readers[topic.name].getmany(timeout_ms=700))

    async def sent_replies(self, count: int) -> list[str]:
        records = await self.read(SESSION_COMMANDS, count)
        commands = [decode(record.value, record.headers) for record in records]
        outcomes = [codec.decode_command(command.type, command.data) for command in commands]
        return [str(one.reply_id) for one in outcomes if isinstance(one, RecordReplySent)]


@asynccontextmanager
async def running(settings: dict[str, Any]) -> AsyncIterator[None]:
    parts = build(Settings.model_validate(settings)).components
    try:
        for part in parts:
            await part.start()
        yield
    finally:
        for part in reversed(parts):
            await part.stop()


@asynccontextmanager
async def killed_afterwards(settings: dict[str, Any], **more: Any) -> AsyncIterator[Process]:
    own = {f"SENDER_{name.upper()}": str(content) for name, content in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sender", env={**os.environ, **own}, **more
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
