"""Reads partitions from wherever one likes to where they end now."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streaming.kafka import KafkaSettings

_PATIENCE = 20.0
"""Seconds without any progress before reading is given up."""
_POLL_SECONDS = 0.1


class TopicReader:
    """A consumer of no group. Everything may raise KafkaError or TimeoutError."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> None:
        self._consumer = consumer
        self._ends = ends

    async def read(self, at: TopicPartition, begin: int = 0) -> AsyncGenerator[Sequence[Any]]:
        """Yield the partition's records from an offset on, some at a time."""
        if begin:
            self._consumer.seek(at, begin)
        reached, moved_at = -1, time.monotonic()
        while (position := await self._consumer.position(at)) < self._ends[at]:
            if position > reached:
                reached, moved_at = position, time.monotonic()
            elif time.monotonic() - moved_at > _PATIENCE:
                raise TimeoutError
            batches = await self._consumer.getmany(
                at, timeout_ms=int(_POLL_SECONDS * 1000), max_records=5000
            )
            if records := batches.get(at):
                yield records
            await asyncio.sleep(0)  # heartbeats of the service share this loop


@asynccontextmanager
async def reader(
    settings: KafkaSettings, partitions: Collection[TopicPartition], *, role: str
) -> AsyncIterator[TopicReader]:
    """Open a reader that sees everything that was acknowledged before. `role` names its client."""
    consumer = AIOKafkaConsumer(
        **settings.client(role),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=20,
    )
    try:
        await consumer.start()
        consumer.assign(list(partitions))
        await consumer.seek_to_beginning(*partitions)
        yield TopicReader(consumer, await consumer.end_offsets(list(partitions)))
    finally:
        await consumer.stop()
