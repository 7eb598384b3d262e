"""Follows `session-events` from its beginning, without a group, through every outage of Kafka."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streaming.cloudevents import CloudEvent, InvalidCloudEvent, decode

PAUSE_S = 1.0
TOPIC = "session-events"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class EventReader:
    """Hands every event to `record` once. `connected` says whether Kafka answers now."""

    bootstrap_servers: str
    topic_prefix: str
    client_id: str
    record: Callable[[CloudEvent], None]
    connected: bool = False
    unreadable: int = 0
    _next: dict[TopicPartition, int] = field(default_factory=dict)

    async def run(self) -> None:
        """Read for ever; after a failure pause and go on where we were."""
        while True:
            try:
                await self._read_while_connected()
            except Exception as error:  # noqa: BLE001 - the panel must never stop the platform
                _log.warning("session-events cannot be read now", error=type(error).__name__)
            self.connected = False
            await asyncio.sleep(PAUSE_S)

    async def _read_while_connected(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            client_id=self.client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        await consumer.start()
        try:
            if await self._assign(consumer):
                self.connected = True
                await self._follow(consumer)
        finally:
            await consumer.stop()

    async def _assign(self, consumer: Any) -> bool:
        topic = self.topic_prefix + TOPIC
        if topic not in await consumer.topics():
            return False
        partitions = [
            TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()
        ]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, self._next.get(partition, 0))
        return bool(partitions)

    async def _follow(self, consumer: Any) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=500, max_records=500)
            for partition, records in batches.items():
                for record in records:
                    self._take(record)
                    self._next[partition] = record.offset + 1

    def _take(self, record: Any) -> None:
        try:
            self.record(decode(record.value, record.headers))
        except InvalidCloudEvent:
            self.unreadable += 1
