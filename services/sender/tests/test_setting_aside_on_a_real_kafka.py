"""Replies that wait in the ledger topic: offsets move on, and a successor goes on with them."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from stage import PARTITION, Core, Graph, killed_afterwards, running

from domain.events import ReplyRequested
from domain.topics import SENDER_LEDGER, SESSION_EVENTS
from sender.adapters.kafka_ledger import KafkaLedger
from sender.adapters.topic_reader import reader
from streaming.kafka import KafkaSettings

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Ask = Callable[..., ReplyRequested]


@pytest.fixture
def slow(settings: dict[str, Any]) -> dict[str, Any]:
    """One reply at once to each person, and the next in half a minute."""
    return settings | {
        "limits": True,
        "pair_seconds": 30,
        "pair_burst": 1,
        "number_per_second": 1e4,
    }


async def committed(settings: dict[str, Any]) -> int:
    prefix = settings["topic_prefix"]
    async with AIOKafkaConsumer(
        bootstrap_servers=settings["kafka_bootstrap_servers"],
        group_id=f"{prefix}sender",
        enable_auto_commit=False,
    ) as consumer:
        at = TopicPartition(f"{prefix}{SESSION_EVENTS.name}", PARTITION)
        return await consumer.committed(at) or 0


async def until_committed(settings: dict[str, Any], offset: int) -> None:
    async with asyncio.timeout(60):
        while await committed(settings) < offset:  # noqa: ASYNC110 it can only be asked
            await asyncio.sleep(0.2)


async def left_aside(settings: dict[str, Any]) -> int:
    kafka = KafkaSettings(settings["kafka_bootstrap_servers"], "test", settings["topic_prefix"])
    ledger = KafkaLedger(kafka)
    page = (await ledger.load({PARTITION: 0}))[PARTITION]
    await ledger.close()
    return len(page.deferred)


async def everything_in_the_ledger(settings: dict[str, Any]) -> list[Any]:
    kafka = KafkaSettings(settings["kafka_bootstrap_servers"], "test", settings["topic_prefix"])
    topic = kafka.topic(SENDER_LEDGER.name)
    pages = [TopicPartition(topic, number) for number in range(SENDER_LEDGER.partitions)]
    async with reader(kafka, pages, role="") as ledger:
        return [record for page in pages async for batch in ledger.read(page) for record in batch]


async def test_a_slow_person_holds_up_no_offset_and_is_served_by_whoever_comes_next(
    slow: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    ana = uuid4()
    waiting = [ask_now(contact=ana, text=f"for Ana {number}") for number in range(5)]
    others = [ask_now(text="for others") for _ in range(20)]
    for request in [*waiting, *others]:
        await core.happens(request, partition=PARTITION)
    async with killed_afterwards(slow):
        await core.sent_replies(21)
        await until_committed(slow, 25)
    assert graph.texts.count("for others") == 20
    async with running(slow | {"instance_id": "sender-2", "pair_seconds": 0.2}):
        await core.sent_replies(4)

    assert [text for text in graph.texts if text != "for others"] == [
        f"for Ana {number}" for number in range(5)
    ]
    assert Counter(graph.calls).most_common(1)[0][1] == 1
    assert await left_aside(slow) == 0


async def test_an_instance_that_joins_takes_over_what_waits_on_its_partitions(
    slow: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    people = [uuid4() for _ in range(SESSION_EVENTS.partitions)]
    for number in range(3):
        for partition, who in enumerate(people):
            await core.happens(ask_now(contact=who, text=f"{who} {number}"), partition=partition)
    slow |= {"pair_seconds": 12}
    async with running(slow), running(slow | {"instance_id": "sender-2"}):
        await core.sent_replies(6 * 3)

    for who in people:
        of_one = [text for text in graph.texts if text.startswith(str(who))]
        assert of_one == [f"{who} {number}" for number in range(3)]
    assert len(graph.texts) == 18


async def test_what_waits_in_the_ledger_names_nobody_outside_its_value(
    slow: dict[str, Any], core: Core, ask_now: Ask
) -> None:
    ana = uuid4()
    for _ in range(2):
        await core.happens(ask_now(contact=ana, to="15550009999"), partition=PARTITION)
    async with running(slow):
        await core.sent_replies(1)
        await until_committed(slow, 2)
    records = await everything_in_the_ledger(slow)
    [aside] = [record for record in records if (record.key or b"").startswith(b"deferred/")]

    assert b"15550009999" in aside.value
    for record in records:
        assert b"15550009999" not in record.key + b"".join(value for _, value in record.headers)
