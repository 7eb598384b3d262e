"""The topics that crm-notifier reads and writes, as session-core sees them on a real Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from crm_notifier.app import build
from crm_notifier.settings import Settings
from domain.codec import encode
from domain.commands import RecordCrm
from domain.ports.crm import Notable
from domain.topics import SESSION_EVENTS
from streaming import cloudevents
from streaming.cloudevents import CloudEvent
from streaming.kafka import KafkaSettings, Publisher

PARTITION = 3


@dataclass(frozen=True)
class Session:
    """The topics as session-core sees them."""

    publisher: Publisher
    kafka: KafkaSettings

    async def happened(self, event: Notable, number: int, *, data: bytes | None = None) -> str:
        """Publish an event (or `data` in its place) and return its id."""
        event_id = str(UUID(int=number))
        content = encode(event) if data is None else data
        envelope = CloudEvent(
            id=event_id,
            type=event.TYPE,
            source="session-core",
            time=datetime.now(UTC),
            data=content,
            correlation_id="c0",
        )
        await self.publisher.publish(
            SESSION_EVENTS.name,
            content,
            key=str(event.contact_id).encode(),
            headers=cloudevents.encode(envelope),
            partition=PARTITION,
        )
        return event_id

    async def read(self, topic: str, count: int) -> list["Kept"]:
        """Wait for `count` records of the topic, and a moment for one too many."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka.bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            name = self.kafka.topic(topic)
            consumer.assign([TopicPartition(name, at) for at in range(SESSION_EVENTS.partitions)])
            found: list[Kept] = []
            while len(found) < count:
                found += await _fetch(consumer, 1000)
            return found + await _fetch(consumer, 300)
        finally:
            await consumer.stop()


@dataclass(frozen=True)
class Kept:
    """A record as it lies in a topic."""

    partition: int
    key: bytes
    value: bytes
    headers: dict[str, bytes]

    def command(self) -> RecordCrm:
        return RecordCrm.model_validate_json(self.value)


async def _fetch(consumer: AIOKafkaConsumer, timeout_ms: int) -> list[Kept]:
    fetched = await consumer.getmany(timeout_ms=timeout_ms)
    return [
        Kept(record.partition, record.key, record.value, dict(record.headers))
        for records in fetched.values()
        for record in records
    ]


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    started = []
    try:
        for part in build(settings).components:
            started.append(part)
            await part.start()
        yield
    finally:
        for part in reversed(started):
            await part.stop()
