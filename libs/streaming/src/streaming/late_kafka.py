"""For tests of services: a Kafka that comes when they run already."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.client import HTTPConnection

from streaming.service import Service, run


async def relay(port: int, servers: str) -> asyncio.Server:
    """Let a port of this machine, where nobody listened before, lead to Kafka from now on."""
    host, _, there = servers.rpartition(":")

    async def carry(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await asyncio.open_connection(host, int(there))
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(_pump(client, requests))
                pumps.create_task(_pump(server, answers))
        except* ConnectionError:
            pass  # one side died without a word, and the other is to hear of it
        finally:
            requests.close()
            answers.close()

    return await asyncio.start_server(carry, "127.0.0.1", port)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
    sink.close()


async def unreadiness(port: int) -> str | None:
    """Ask /readyz of a service on this machine: None when it is ready, else what it says."""
    return await asyncio.to_thread(_unreadiness, port)


def _unreadiness(port: int) -> str | None:
    asked = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/readyz")
        answer: dict[str, str] = json.load(asked.getresponse())
    except ConnectionError:
        return "nobody listens"
    finally:
        asked.close()
    return answer.get("reason")


async def until_unready(port: int, words: str | None, within: float = 40.0) -> None:
    """Wait until the service gives a reason with these words; with None, until it is ready."""
    async with asyncio.timeout(within):
        while not _fits(await unreadiness(port), words):  # noqa: ASYNC110 it can only be asked
            await asyncio.sleep(0.05)


def _fits(reason: str | None, words: str | None) -> bool:
    return reason is None if words is None else words in (reason or "")


@asynccontextmanager
async def begun_before_kafka(
    service: Callable[[str], Service], port: int, servers: str
) -> AsyncIterator[None]:
    """Start a service whose health port is `port`, let Kafka be there only once it waits.

    `service` is given the address at which Kafka is not yet.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        door = free.getsockname()[1]
    running = asyncio.create_task(run(service(f"127.0.0.1:{door}")))
    try:
        await until_unready(port, "waiting for Kafka")
        opened = await relay(door, servers)
        await until_unready(port, None)
        yield
        opened.close()
    finally:
        running.cancel()
        await asyncio.wait([running])
