"""A CRM that is slow, gone, talkative or lying, on a real connection."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from crm_notifier.adapters.http_client import MOST_READ, HttpClient
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signer
from domain.events import SessionCompleted
from domain.ports.crm import CrmPaused, CrmUnavailable
from domain.values import EventId

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Tell = Callable[[], Awaitable[None]]
Telling = Callable[..., Tell]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    """Read one request per connection, then do as `answer` says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        try:
            await answer(reader, writer)
        except ConnectionError:
            return  # the caller had enough
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/"
    finally:
        listening.close()


@pytest.fixture
async def telling(
    secret: str, completed: SessionCompleted, event_id: EventId, at: datetime
) -> AsyncIterator[Telling]:
    async with HttpClient() as http:

        def to(url: str, within: float = 5.0) -> Tell:
            crm = SignedWebhook(http, url, [signer(secret)], within=within)
            return lambda: crm.tell(completed, event_id=event_id, at=at)

        yield to


async def test_a_crm_that_never_answers_is_tried_again_later(telling: Telling) -> None:
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silence) as url:
        with pytest.raises(CrmUnavailable, match=r"^timeout$"):
            await telling(url, within=0.2)()


async def test_a_crm_that_hangs_up_is_tried_again_later(telling: Telling) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with server(hang_up) as url:
        with pytest.raises(CrmUnavailable, match=r"^(it hung up|ServerDisconnectedError)$"):
            await telling(url)()


async def test_a_crm_that_is_not_there_is_tried_again_later(telling: Telling) -> None:
    async def unused(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        raise AssertionError("nobody listens")

    async with server(unused) as url:
        pass  # its port is free again

    with pytest.raises(CrmUnavailable, match=r"^nobody listens there$"):
        await telling(url)()


async def test_an_answer_that_is_no_http_is_tried_again_later(telling: Telling) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with server(babble) as url:
        with pytest.raises(CrmUnavailable, match=r"^(ClientPayloadError|SpokeFirst)$"):
            await telling(url)()


async def test_an_endless_answer_is_read_only_so_far(telling: Telling) -> None:
    written = 0

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
        while True:
            writer.write(bytes(MOST_READ))
            await writer.drain()
            written += MOST_READ

    async with server(endless) as url:
        await telling(url)()

    gc.collect()
    assert written < 1024 * MOST_READ


async def test_a_yes_counts_although_the_rest_of_the_answer_never_comes(telling: Telling) -> None:
    async def yes_and_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok")
        await writer.drain()
        await reader.read()

    async with server(yes_and_silence) as url:
        await telling(url)()


async def test_a_redirect_is_not_followed(telling: Telling) -> None:
    asked: list[str] = []

    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("elsewhere")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with server(elsewhere) as other:

        async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(
                b"HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 0\r\n"
                b"location: " + other.encode() + b"\r\n\r\n"
            )
            await writer.drain()

        async with server(redirect) as url:
            with pytest.raises(CrmPaused, match=r"^http-307$"):
                await telling(url)()

    assert asked == []


async def test_a_connection_is_used_again_after_a_short_answer(telling: Telling) -> None:
    connections = 0

    async def keep_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
            if not await reader.read(65536):
                return

    async with server(keep_open) as url:
        tell = telling(url)
        await tell()
        await tell()

    assert connections == 1
