"""WhatsApp is thanked only for what is kept; everything else it repeats."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from domain.ports.command_log import Entry, ParkedWebhook
from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.use_cases.taking import TakeWebhook

Make = Callable[..., Any]
Post = Callable[..., Awaitable[int]]


def _ids(log: MemoryCommandLog) -> list[object]:
    return [entry.id for entry in log.entries if isinstance(entry, Entry)]


async def test_while_nothing_can_be_kept_whatsapp_is_asked_to_repeat(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text()])
    log.reason = "Kafka does not answer"

    refused = await post(body)
    log.reason = None
    repeated = await post(body)

    assert (refused, repeated) == (503, 200)
    assert len(log.entries) == 1


async def test_a_repeated_webhook_gives_the_same_commands(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text("wamid.1"), text("wamid.2")])

    await post(body)
    await post(body)

    assert len(_ids(log)) == 4
    assert len(set(_ids(log))) == 2


async def test_a_thousand_updates_in_one_webhook_are_a_thousand_commands(
    post: Post, log: MemoryCommandLog, change: Make, webhook: Make, text: Make
) -> None:
    messages = [text(f"wamid.{number}") for number in range(600)]
    statuses = [{"id": f"wamid.{number}", "status": "read"} for number in range(400)]

    status = await post(webhook(change(messages=messages), change(statuses=statuses)))

    assert status == 200
    assert len(set(_ids(log))) == 1000


async def test_the_largest_webhook_that_whatsapp_sends_is_taken_in_whole(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text(f"wamid.{number}", "x" * 3000) for number in range(1000)])

    assert len(body) > 3_000_000
    assert await post(body) == 200
    assert len(set(_ids(log))) == 1000


async def test_numbers_of_several_businesses_come_in_one_webhook(
    log: MemoryCommandLog, change: Make, webhook: Make, text: Make
) -> None:
    numbers = {"106540352242922", "206540352242922"}
    changes = [change(number=number, messages=[text("wamid.1")]) for number in sorted(numbers)]

    await TakeWebhook(log, numbers)(webhook(*changes), datetime(2026, 11, 23, 12, tzinfo=UTC))

    keys = {entry.key for entry in log.entries if isinstance(entry, Entry)}
    assert keys == {f"{number}/15551234567" for number in numbers}
    assert len(set(_ids(log))) == 2


async def test_a_broken_body_is_thanked_and_kept_byte_for_byte(
    post: Post, log: MemoryCommandLog
) -> None:
    body = b'{"entry": [\xff'

    assert await post(body) == 200
    (parked,) = log.entries
    assert isinstance(parked, ParkedWebhook)
    assert parked.body == body


async def test_a_webhook_with_many_problems_is_parked_once(
    post: Post, log: MemoryCommandLog, change: Make, webhook: Make, text: Make
) -> None:
    foreign = [change(messages=[text()], number="999") for _ in range(50)]

    await post(webhook(*foreign, change(messages=[text()])))

    parked = [entry for entry in log.entries if isinstance(entry, ParkedWebhook)]
    assert len(parked) == 1
    assert len(parked[0].problems) == 50


async def test_posts_at_the_same_time_do_not_mix(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    bodies = [webhook(messages=[text(f"wamid.{number}")]) for number in range(50)]

    answers = await asyncio.gather(*(post(body) for body in bodies))

    assert set(answers) == {200}
    assert len(set(_ids(log))) == 50
