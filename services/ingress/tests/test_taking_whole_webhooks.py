"""On a real socket a webhook comes in one piece, and is judged as one that comes in several."""

from collections.abc import Callable
from typing import Any

import pytest

from front_door import NUMBER, Sender, ingress, sender
from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door
from ingress.handlers.in_flight import InFlight
from ingress.use_cases.taking import TakeWebhook

Make = Callable[..., Any]
Signature = Callable[[bytes], str]


def head(body: bytes, signed: str | None) -> bytes:
    lines = ["POST /webhook HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines += [f"X-Hub-Signature-256: {signed}"] if signed is not None else []
    return "\r\n".join([*lines, "", ""]).encode()


async def status_of(whatsapp: Sender, body: bytes, signed: str | None) -> tuple[int, int]:
    """Post a body in one piece, then in two: WhatsApp waits for leave to send the second."""
    await whatsapp.say(head(body, signed) + body)
    whole = await whatsapp.status()
    await whatsapp.say(head(body, signed)[:-2] + b"Expect: 100-continue\r\n\r\n")
    assert await whatsapp.status() == 100
    await whatsapp.say(body)
    return whole, await whatsapp.status()


async def test_what_is_kept_is_thanked_for(
    log: MemoryCommandLog, webhook: Make, text: Make, signature: Signature
) -> None:
    body = webhook(messages=[text()])
    async with ingress(log) as port, sender(port) as whatsapp:
        assert await status_of(whatsapp, body, signature(body)) == (200, 200)

    one, other = log.entries
    assert one == other


@pytest.mark.parametrize("signed", [None, "", "sha256=", "sha1=" + "0" * 40, "sha256=" + "0" * 64])
async def test_who_proves_nothing_is_turned_away(
    log: MemoryCommandLog, webhook: Make, text: Make, signed: str | None
) -> None:
    async with ingress(log) as port, sender(port) as stranger:
        body = webhook(messages=[text()])

        assert await status_of(stranger, body, signed) == (401, 401)
    assert log.entries == []


async def test_what_cannot_be_kept_is_to_be_repeated(
    log: MemoryCommandLog, webhook: Make, text: Make, signature: Signature
) -> None:
    body = webhook(messages=[text()])
    log.reason = "Kafka does not answer"
    async with ingress(log) as port, sender(port) as whatsapp:
        assert await status_of(whatsapp, body, signature(body)) == (503, 503)


async def test_where_there_is_no_room_it_is_to_be_repeated_on_another_connection(
    log: MemoryCommandLog, webhook: Make, text: Make, signature: Signature
) -> None:
    door = Door(
        take=TakeWebhook(log, {NUMBER}),
        app_secret="the-app-secret",
        verify_token="the-verify-token",
        in_flight=InFlight(0),
        now=lambda: pytest.fail("it is not read"),
    )
    body = webhook(messages=[text()])
    headers = [(b"x-hub-signature-256", signature(body).encode())]
    answer = await door.receive_whole(headers, body)

    assert (answer.status_code, answer.closes) == (503, True)


async def test_of_several_signatures_the_first_counts(
    log: MemoryCommandLog, webhook: Make, text: Make, signature: Signature
) -> None:
    body = webhook(messages=[text()])
    right = signature(body)
    async with ingress(log) as port, sender(port) as whatsapp:
        for first, second, status in [(right, "sha256=0", 200), ("sha256=0", right, 401)]:
            two = head(body, first)[:-2] + f"X-Hub-Signature-256: {second}\r\n\r\n".encode()
            await whatsapp.say(two + body)

            assert await whatsapp.status() == status
