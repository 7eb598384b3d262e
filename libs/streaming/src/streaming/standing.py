"""Where a reader stands: how much of each partition is left, and how old the oldest of it is."""

import asyncio
import contextlib
import time
from collections.abc import Collection

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from streaming import metrics
from streaming.generation import Generation
from streaming.subscription import Consumer

_ANSWER_SECONDS = 1.0


class Standing:
    """Shows it as metrics, for one reader; nothing depends on it."""

    def __init__(self, topic: str, group: str) -> None:
        self._reader = topic, group
        self._moved: dict[int, tuple[int, float]] = {}
        """By partition the position, and when it was first seen there with records behind it."""

    async def show(self, consumer: Consumer, generation: Generation) -> None:
        """Show every partition that is ours."""
        assigned = consumer.assignment()
        ends = await self._ends(consumer, assigned & consumer.paused())
        for at in assigned:
            end = ends.get(at) or consumer.highwater(at)
            with contextlib.suppress(TimeoutError, IllegalStateError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    position = await consumer.position(at)
                self._show(at.partition, position, max(0, (end or 0) - position))
            self._show_unfinished(at, generation)

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Show nothing more of these: somebody else does."""
        for at in partitions:
            self._moved.pop(at.partition, None)
            for gauge in (metrics.LAG, metrics.OLDEST, metrics.UNFINISHED):
                with contextlib.suppress(KeyError):
                    gauge.remove(*self._reader, str(at.partition))

    async def _ends(
        self, consumer: Consumer, paused: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Ask Kafka where partitions end of which nothing is fetched, so that nothing tells."""
        if paused:
            with contextlib.suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    return dict(await consumer.end_offsets(list(paused)))
        return {}

    def _show(self, partition: int, position: int, lag: int) -> None:
        metrics.LAG.labels(*self._reader, str(partition)).set(lag)
        before = self._moved.get(partition)
        if not lag:
            self._moved.pop(partition, None)
        elif before is None or before[0] != position:
            self._moved[partition] = position, time.monotonic()

    def _show_unfinished(self, at: TopicPartition, generation: Generation) -> None:
        where = (*self._reader, str(at.partition))
        metrics.UNFINISHED.labels(*where).set(generation.unfinished_of(at))
        metrics.OLDEST.labels(*where).set(self._oldest(at, generation))

    def _oldest(self, at: TopicPartition, generation: Generation) -> float:
        """Give seconds; where nothing was fetched of what is there, since when we know of it."""
        written = generation.oldest_of(at)
        if written is not None:
            return max(0.0, time.time() - written / 1000)
        _, since = self._moved.get(at.partition, (0, time.monotonic()))
        return round(time.monotonic() - since, 2)
