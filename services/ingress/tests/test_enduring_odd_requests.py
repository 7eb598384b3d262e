"""On real sockets: HTTP as it may be written is understood, as it may not be is refused."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from domain.ports.command_log import Entry
from front_door import ingress, sender
from ingress.adapters.memory_command_log import MemoryCommandLog

Make = Callable[..., Any]
Signature = Callable[[bytes], str]
Request = Callable[..., bytes]


@pytest.fixture
def request_with(webhook: Make, text: Make, signature: Signature) -> Request:
    """A signed webhook with one message; the body's length is told by the headers given."""

    def make(*headers: str, target: str = "/webhook", wamid: str = "wamid.A") -> bytes:
        body: bytes = webhook(messages=[text(wamid)])
        told = headers or (f"Content-Length: {len(body)}",)
        said = [f"POST {target} HTTP/1.1", "Host: x", f"X-Hub-Signature-256: {signature(body)}"]
        filled = [header.format(length=len(body)) for header in told]
        return "\r\n".join([*said, *filled, "", ""]).encode() + body

    return make


@pytest.mark.parametrize(
    "target",
    ["/webhook?from=meta", "http://example.com/webhook", "/%77ebhook"],
    ids=["query", "absolute", "escaped"],
)
async def test_the_door_is_found_however_its_address_is_written(
    log: MemoryCommandLog, request_with: Request, target: str
) -> None:
    async with ingress(log) as port, sender(port) as whatsapp:
        await whatsapp.say(request_with(target=target))

        assert await whatsapp.status() == 200
    assert len(log.entries) == 1


@pytest.mark.parametrize(
    "lengths",
    [
        ("Content-Length: {length}", "Content-Length: 7"),
        ("Content-Length: {length}", "Content-Length: {length}"),
        ("Content-Length: {length}", "Transfer-Encoding: chunked"),
        ("Content-Length: -1",),
        ("Content-Length: +{length}",),
        ("Content-Length: 999999999999999999999999",),
    ],
)
async def test_a_body_whose_length_can_be_disputed_is_refused(
    log: MemoryCommandLog, request_with: Request, lengths: tuple[str, ...]
) -> None:
    async with ingress(log) as port, sender(port) as stranger:
        await stranger.say(request_with(*lengths))

        assert await stranger.status() == 400
        assert await stranger.is_left()
    assert log.entries == []


async def test_a_length_of_thousands_of_digits_breaks_nothing(
    log: MemoryCommandLog, request_with: Request
) -> None:
    async with ingress(log) as port, sender(port) as stranger:
        await stranger.say(request_with("Content-Length: " + "0" * 5000 + "{length}"))

        assert await stranger.status() == 200


async def test_a_body_in_pieces_is_taken_in_as_a_whole(
    log: MemoryCommandLog, request_with: Request
) -> None:
    head, body = request_with("Transfer-Encoding: chunked").split(b"\r\n\r\n", 1)
    parts = [body[at : at + 7] for at in range(0, len(body), 7)]
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    async with ingress(log) as port, sender(port) as whatsapp:
        await whatsapp.say(head + b"\r\n\r\n" + pieces + b"0\r\n\r\n")

        assert await whatsapp.status() == 200
    assert len(log.entries) == 1


async def test_who_asks_before_sending_the_body_is_told_to_go_on(
    log: MemoryCommandLog, request_with: Request
) -> None:
    asking = request_with("Content-Length: {length}", "Expect: 100-continue")
    head, body = asking.split(b"\r\n\r\n", 1)
    async with ingress(log) as port, sender(port) as whatsapp:
        await whatsapp.say(head + b"\r\n\r\n")
        told = await whatsapp.status()
        await whatsapp.say(body)

        assert (told, await whatsapp.status()) == (100, 200)


async def test_requests_in_one_breath_are_answered_one_after_the_other(
    log: MemoryCommandLog, request_with: Request
) -> None:
    forged = request_with(wamid="wamid.1").replace(b"sha256=", b"sha256=0")
    three = (request_with(wamid="wamid.0"), forged, request_with(wamid="wamid.2"))
    async with ingress(log) as port, sender(port) as whatsapp:
        await whatsapp.say(b"".join(three))

        assert [await whatsapp.status() for _ in three] == [200, 401, 200]
    assert len(log.entries) == 2


async def test_the_same_webhook_fifty_times_at_once_is_one_command_for_its_readers(
    log: MemoryCommandLog, request_with: Request
) -> None:
    async def deliver(port: int) -> int:
        async with sender(port) as whatsapp:
            await whatsapp.say(request_with())
            return await whatsapp.status()

    async with ingress(log) as port:
        answers = await asyncio.gather(*(deliver(port) for _ in range(50)))

    assert answers == [200] * 50
    commands = [entry for entry in log.entries if isinstance(entry, Entry)]
    assert len(commands) == 50
    assert len({(command.id, command.key, command.data) for command in commands}) == 1
