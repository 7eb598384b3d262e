"""A whole topic from its first record on, outside of any group, for those who check it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from domain.ports.command_source import Bounds, Delivery, SourceUnavailable
from domain.ports.verifying import TopicUnreadable
from domain.topics import MAX_MESSAGE_BYTES
from session_core.adapters import kafka_topics
from streaming.kafka import KafkaSettings

RECORDS = 500
"""Of one portion."""
_ANSWER_SECONDS = 15.0
_POLL_MILLISECONDS = 200


class KafkaTopicHistory:
    """TopicHistory of one topic, named without prefix."""

    def __init__(
        self, settings: KafkaSettings, name: str, *, answer_seconds: float = _ANSWER_SECONDS
    ) -> None:
        self._settings = settings
        self._name = name
        self._answer_seconds = answer_seconds

    async def bounds(self) -> Mapping[int, Bounds]:
        """See TopicHistory."""
        with self._failures():
            [count] = await kafka_topics.partitions(self._settings, self._name)
            if not count:
                return {}
            async with self._consumer() as consumer:
                return await self._bounds(consumer, [self._partition(one) for one in range(count)])

    async def read(self, partition: int) -> AsyncIterator[Sequence[Delivery]]:
        """See TopicHistory."""
        place = self._partition(partition)
        with self._failures():
            async with self._consumer() as consumer:
                consumer.assign([place])
                bounds = (await self._bounds(consumer, [place]))[partition]
                consumer.seek(place, bounds.begin)
                while await self._position(consumer, place) < bounds.end:
                    records = await self._fetch(consumer, place)
                    portion = [_delivery(one) for one in records if one.offset < bounds.end]
                    if portion:
                        yield portion

    async def _fetch(self, consumer: Any, place: TopicPartition) -> Sequence[Any]:
        """Return what comes next; nothing, once only transactions' own marks were passed over."""
        before = await consumer.position(place)
        async with asyncio.timeout(self._answer_seconds):
            while True:
                fetched = await consumer.getmany(
                    place, timeout_ms=_POLL_MILLISECONDS, max_records=RECORDS
                )
                records: Sequence[Any] = fetched.get(place, ())
                if records or await consumer.position(place) > before:
                    return records

    async def _bounds(
        self, consumer: Any, places: Sequence[TopicPartition]
    ) -> Mapping[int, Bounds]:
        async with asyncio.timeout(self._answer_seconds):
            begins = await consumer.beginning_offsets(places)
            ends = await consumer.end_offsets(places)
        return {place.partition: Bounds(begins[place], ends[place]) for place in places}

    async def _position(self, consumer: Any, place: TopicPartition) -> int:
        async with asyncio.timeout(self._answer_seconds):
            return int(await consumer.position(place))

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[Any]:
        consumer = AIOKafkaConsumer(
            **self._settings.client("-history"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        try:
            async with asyncio.timeout(self._answer_seconds):
                await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    def _partition(self, number: int) -> TopicPartition:
        return TopicPartition(self._settings.topic(self._name), number)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as error:
            raise TopicUnreadable(f"{self._name} lost records while it was read") from error
        except SourceUnavailable as error:
            raise TopicUnreadable(f"{self._name}: {error}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            raise TopicUnreadable(f"{self._name}: {type(error).__name__}") from error


def _delivery(record: Any) -> Delivery:
    return Delivery(record.partition, record.offset, record.key, record.value, record.headers)
