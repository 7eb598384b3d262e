"""Follows `session-events` from its beginning, without a group, through every outage of Kafka."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from streaming.cloudevents import CloudEvent, InvalidCloudEvent, decode

PAUSE_S = 1.0
SILENCE_MS = 5_000
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
    _complained: bool = False

    async def run(self) -> None:
        """Read for ever; after a failure pause and go on where we were."""
        while True:
            try:
                await self._read_while_connected()
            except Exception as error:  # noqa: BLE001 - the panel must never stop the platform
                self._complain(type(error).__name__)
            self.connected = False
            await asyncio.sleep(PAUSE_S)

    async def _read_while_connected(self) -> None:
        # Without a group a subscription is every partition of the topic, new ones included.
        consumer = AIOKafkaConsumer(
            self.topic_prefix + TOPIC,
            bootstrap_servers=self.bootstrap_servers,
            client_id=self.client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            await consumer.start()
            for partition in consumer.assignment() & self._next.keys():
                consumer.seek(partition, self._next[partition])
            await self._follow(consumer)
        finally:
            await consumer.stop()

    async def _follow(self, consumer: Any) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=500, max_records=500)
            self.connected = _heard_lately(consumer)
            self._complained = self._complained and not self.connected
            for partition, records in batches.items():
                for record in records:
                    if record.offset >= self._next.get(partition, 0):
                        self._take(record)
                        self._next[partition] = record.offset + 1

    def _complain(self, reason: str) -> None:
        if not self._complained:
            _log.warning("session-events cannot be read now", reason=reason)
        self._complained = True

    def _take(self, record: Any) -> None:
        try:
            self.record(decode(record.value, record.headers))
        except InvalidCloudEvent:
            self.unreadable += 1


def _heard_lately(consumer: Any) -> bool:
    """Tell whether Kafka answers: aiokafka itself waits for it without a word."""
    now_ms = time.time() * 1000
    heard = (consumer.last_poll_timestamp(partition) for partition in consumer.assignment())
    return any(at is not None and now_ms - at < SILENCE_MS for at in heard)
