"""A platform that is gone, slow, or hangs up: was the message sent or not?"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from uuid import uuid4

import pytest
from pydantic import SecretStr

from domain.events import OutgoingReply
from domain.messages import OutboundText
from domain.ports.sending import (
    OutcomeUnknown,
    PlatformUnavailable,
    SendFailure,
    SendRefused,
    SlowDown,
)
from domain.values import ReplyId
from sender.adapters.whatsapp_cloud import GraphAccess, WhatsAppCloudSender

_ACCEPTED = b'{"messages": [{"id": "wamid.1"}]}'
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def sender_for(url: str) -> AsyncIterator[WhatsAppCloudSender]:
    sender = WhatsAppCloudSender(
        GraphAccess(
            url=url,
            version="v24.0",
            token=SecretStr("a-token"),
            connect_timeout=0.1,
            total_timeout=0.4,
        )
    )
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()


@asynccontextmanager
async def platform(behave: Behaviour) -> AsyncIterator[str]:
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def send(url: str) -> None:
    reply = OutgoingReply(to="15550001111", message=OutboundText(text="Hello"))
    async with sender_for(url) as sender:
        await sender.send(reply, phone_number_id="1", reply_id=ReplyId(uuid4()))


async def _read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)


async def _never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def _hang_up_after_the_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await _read_request(reader)
    writer.transport.abort()


async def _answer_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b'{"messages": [')
    await writer.drain()
    writer.close()


async def _answer_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read_request(reader)
    writer.write(b"this is not HTTP\r\n\r\n")
    await writer.drain()
    writer.close()


async def _answer_without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b" " * 200_000)
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    "behave",
    [
        _never_answer,
        _hang_up_after_the_request,
        _answer_half,
        _answer_nonsense,
        _answer_without_end,
    ],
    ids=lambda behave: behave.__name__.strip("_"),
)
async def test_a_call_without_answer_may_have_been_sent(behave: Behaviour) -> None:
    async with platform(behave) as url:
        with pytest.raises(OutcomeUnknown):
            await send(url)


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 429, 500, 502, 503, 504])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(_ACCEPTED, None, id="accepted"),
        pytest.param(b'{"error": {"code": 131056}}', SlowDown, id="too much for this person"),
        pytest.param(b'{"error": {"code": 131026}}', SendRefused, id="refused"),
        pytest.param(b"<html>sorry</html>", OutcomeUnknown, id="a page of something between"),
    ],
)
async def test_the_http_status_decides_nothing(
    status: int, body: bytes, expected: type[SendFailure] | None
) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _read_request(reader)
        writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
        writer.write(body)
        await writer.drain()
        writer.close()

    async with platform(say) as url:
        with pytest.raises(expected) if expected else nullcontext():
            await send(url)


async def test_a_platform_that_is_not_there_was_certainly_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(PlatformUnavailable):
        await send(f"http://127.0.0.1:{port}")


async def test_a_connection_that_is_never_accepted_was_certainly_not_made() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        queued = [socket.socket() for _ in range(3)]
        for waiting in queued:
            waiting.setblocking(False)
            waiting.connect_ex(address)
        try:
            with pytest.raises(PlatformUnavailable):
                await send(f"http://127.0.0.1:{address[1]}")
        finally:
            for waiting in queued:
                waiting.close()


async def test_a_sender_that_was_not_started_sends_nothing() -> None:
    sender = WhatsAppCloudSender(
        GraphAccess(url="http://127.0.0.1:9", version="v24.0", token=SecretStr("a-token"))
    )
    reply = OutgoingReply(to="15550001111", message=OutboundText(text="Hello"))

    with pytest.raises(PlatformUnavailable):
        await sender.send(reply, phone_number_id="1", reply_id=ReplyId(uuid4()))
