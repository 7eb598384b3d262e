"""Fills the topic of commands so that all is visible at once, and reads what came of it."""

import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.claim import CommandRecord
from domain.topics import MAX_MESSAGE_BYTES, PARTITIONS

_BATCH_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A record of session-events as its readers see it."""

    partition: int
    timestamp: float
    """Seconds since 1970, when its writer handed it over."""
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Filled:
    """When the records became visible, and behind which offsets of their partitions they end."""

    at: float
    ends: Mapping[int, int]


async def fill(kafka: str, topic: str, records: Iterable[CommandRecord]) -> Filled:
    """Write everything in one transaction, so that all is visible at once."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        transactional_id=f"fill-{topic}",
        transaction_timeout_ms=600_000,
        max_batch_size=_BATCH_BYTES,
        max_request_size=MAX_MESSAGE_BYTES,
        compression_type="lz4",
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        written = await _write(producer, topic, records)
        begin = time.time()
        await producer.commit_transaction()
        ends: dict[int, int] = {}
        for partition, count, ack in written:
            ends[partition] = (await ack).offset + count
    finally:
        await producer.stop()
    return Filled(begin, ends)


async def read_all(kafka: str, topic: str) -> list[list[EventRecord]]:
    """Give what readers of committed records see, by partition."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    seen: list[list[EventRecord]] = [[] for _ in partitions]
    async with _reader(kafka, partitions) as consumer:
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            fetched = await consumer.getmany(timeout_ms=100)
            for partition, records in fetched.items():
                seen[partition.partition].extend(_event(record) for record in records)
    return seen


class Tail:
    """What is published from now on."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    async def poll(self, seconds: float) -> list[EventRecord]:
        """Give what has come, waiting so long for the first record."""
        fetched = await self._consumer.getmany(timeout_ms=int(seconds * 1000))
        return [_event(record) for records in fetched.values() for record in records]


@asynccontextmanager
async def tail(kafka: str, topic: str) -> AsyncIterator[Tail]:
    """Follow what readers of committed records see from now on."""
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    async with _reader(kafka, partitions) as consumer:
        await consumer.seek_to_end()
        for partition in partitions:
            await consumer.position(partition)  # seeking is only done when it is asked for
        yield Tail(consumer)


async def _write(
    producer: Any, topic: str, records: Iterable[CommandRecord]
) -> list[tuple[int, int, Awaitable[Any]]]:
    batches: dict[int, Any] = {}
    written: list[tuple[int, int, Awaitable[Any]]] = []

    async def hand_over(batch: Any, partition: int) -> None:
        count = batch.record_count()
        written.append(
            (partition, count, await producer.send_batch(batch, topic, partition=partition))
        )

    for record in records:
        batch = batches.get(record.partition)
        if batch is None or not _add(batch, record):
            if batch is not None:
                await hand_over(batch, record.partition)
            batches[record.partition] = batch = producer.create_batch()
            _add(batch, record)
    for partition, batch in batches.items():
        await hand_over(batch, partition)
    return written


def _add(batch: Any, record: CommandRecord) -> bool:
    added = batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
    return added is not None


@asynccontextmanager
async def _reader(kafka: str, partitions: Sequence[TopicPartition]) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        yield consumer
    finally:
        await consumer.stop()


def _event(record: Any) -> EventRecord:
    return EventRecord(
        record.partition, record.timestamp / 1000, record.key, record.value, record.headers
    )
