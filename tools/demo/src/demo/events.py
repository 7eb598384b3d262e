"""The topic `session-events`, read as any other team would: no group, committed records only."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streaming.cloudevents import decode

TOPIC = "session-events"


@dataclass(frozen=True, slots=True)
class Published:
    """One event as it came from the topic."""

    partition: int
    key: str
    type: str
    id: str
    sequence: int | None
    stream_version: int | None
    subject: str | None
    traceparent: str | None
    data: dict[str, Any]


class Reader:
    """Reads every partition of the topic, from wherever it was opened."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def read(self, *, wait_s: float) -> list[Published]:
        """Return what has come since the last read, waiting at most `wait_s` for the first."""
        batches = await self._consumer.getmany(timeout_ms=int(wait_s * 1000))
        return [_published(record) for records in batches.values() for record in records]

    async def read_to_end(self) -> list[Published]:
        """Return everything up to what is the end of the topic now."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        found: list[Published] = []
        while await self._behind(ends):
            found += await self.read(wait_s=0.2)
        return found

    async def _behind(self, ends: dict[TopicPartition, int]) -> bool:
        positions = [
            await self._consumer.position(partition) < end for partition, end in ends.items()
        ]
        return any(positions)


@asynccontextmanager
async def reading(bootstrap_servers: str, *, from_start: bool) -> AsyncIterator[Reader]:
    """Open the topic at its beginning or its end."""
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest" if from_start else "latest",
    )
    async with consumer:
        for partition in consumer.assignment():
            await consumer.position(partition)
        yield Reader(consumer)


def holes(events: Iterable[Published]) -> list[str]:
    """Name every place where a partition's sequence is not the previous one plus one."""
    latest: dict[int, int] = {}
    found = []
    for event in events:
        expected = latest.get(event.partition, 0) + 1
        if event.sequence != expected:
            found.append(f"partition {event.partition}: {event.sequence} instead of {expected}")
        latest[event.partition] = event.sequence or expected
    return found


def _published(record: Any) -> Published:
    event = decode(record.value, record.headers)
    return Published(
        partition=record.partition,
        key=record.key.decode(),
        type=event.type,
        id=event.id,
        sequence=event.sequence,
        stream_version=event.stream_version,
        subject=event.subject,
        traceparent=event.traceparent,
        data=json.loads(event.data),
    )
