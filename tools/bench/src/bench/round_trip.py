"""The bare round trip through Kafka that latencies are shown beside."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from devstack import topics
from domain.topics import Topic

_EVERY_SECONDS = 0.05


@asynccontextmanager
async def round_trips(kafka: str) -> AsyncIterator[list[float]]:
    """Produce and consume a small record every so often while the block lasts.

    The list fills with the seconds from handing a record to the producer to having it back.
    """
    topic = Topic(
        f"round-trip-{secrets.token_hex(4)}",
        writer="bench",
        key="none",
        retention=timedelta(hours=1),
        partitions=1,
    )
    await topics.create(kafka, [topic])
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, fetch_max_wait_ms=500)
    await producer.start()
    await consumer.start()
    seconds: list[float] = []
    consumer.assign([TopicPartition(topic.name, 0)])
    await consumer.seek_to_end()
    await consumer.position(TopicPartition(topic.name, 0))
    tasks = [
        asyncio.create_task(_send(producer, topic.name)),
        asyncio.create_task(_receive(consumer, seconds)),
    ]
    try:
        yield seconds
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await consumer.stop()
        await producer.stop()
        await topics.delete(kafka, [topic])


async def _send(producer: Any, topic: str) -> None:
    while True:
        await producer.send(topic, b"%.9f" % time.monotonic())
        await asyncio.sleep(_EVERY_SECONDS)


async def _receive(consumer: Any, seconds: list[float]) -> None:
    async for record in consumer:
        seconds.append(time.monotonic() - float(record.value))  # noqa: PERF401 read as it grows
