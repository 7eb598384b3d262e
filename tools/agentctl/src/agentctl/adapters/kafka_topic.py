"""Reads topics from wherever one likes: what is committed, outside of any group."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from agentctl.adapters.kafka_trouble import KafkaTrouble, told
from domain.topics import MAX_MESSAGE_BYTES
from streaming.cloudevents import Headers
from streaming.kafka import KafkaSettings

_POLL_MILLISECONDS = 200
_RECORDS = 500


class KafkaRecord(NamedTuple):
    """A record as it stands in a topic; `timestamp` in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Bounds(NamedTuple):
    """The first offset that is there, and the one that comes next."""

    begin: int
    end: int


class KafkaTopic:
    """One topic. Every method may raise KafkaTrouble."""

    def __init__(
        self, consumer: AIOKafkaConsumer, name: str, partitions: Sequence[int], servers: str
    ) -> None:
        self._consumer = consumer
        self._name = name
        self._servers = servers
        self.partitions = partitions

    def require(self, partitions: Collection[int]) -> None:
        """Raise KafkaTrouble unless the topic has all of these partitions."""
        if missing := sorted(set(partitions) - set(self.partitions)):
            told = f"{self._name} has no partition {', '.join(map(str, missing))}"
            raise KafkaTrouble(told, f"it has 0 to {self.partitions[-1]}")

    async def bounds(self) -> Mapping[int, Bounds]:
        """Return where each partition begins and ends now."""
        places = [self._place(one) for one in self.partitions]
        with told(self._servers):
            begins = await self._consumer.beginning_offsets(places)
            ends = await self._consumer.end_offsets(places)
        return {at.partition: Bounds(begins[at], ends[at]) for at in places}

    async def offsets_at(self, moment: datetime) -> Mapping[int, int]:
        """Return the first offset of each partition that was written at `moment` or later."""
        bounds = await self.bounds()
        millis = int(moment.timestamp() * 1000)
        with told(self._servers):
            found = await self._consumer.offsets_for_times(
                {self._place(one): millis for one in self.partitions}
            )
        return {
            at.partition: one.offset if one is not None else bounds[at.partition].end
            for at, one in found.items()
        }

    async def between(
        self, begins: Mapping[int, int], ends: Mapping[int, int]
    ) -> AsyncGenerator[Sequence[KafkaRecord]]:
        """Yield the records of each partition in order, partition after partition."""
        for partition, begin in begins.items():
            place, end = self._place(partition), ends[partition]
            if begin >= end:
                continue
            self._consumer.assign([place])
            self._consumer.seek(place, begin)
            with told(self._servers):
                while await self._consumer.position(place) < end:
                    records = await self._fetch(place)
                    portion = [_record(one) for one in records if one.offset < end]
                    if portion:
                        yield portion

    async def follow(self, begins: Mapping[int, int]) -> AsyncGenerator[KafkaRecord]:
        """Yield what comes, for ever."""
        places = [self._place(one) for one in begins]
        self._consumer.assign(places)
        for place in places:
            self._consumer.seek(place, begins[place.partition])
        with told(self._servers):
            while True:
                fetched = await self._consumer.getmany(timeout_ms=_POLL_MILLISECONDS)
                found = [_record(one) for records in fetched.values() for one in records]
                for record in sorted(found, key=lambda one: one.timestamp):
                    yield record

    async def at(self, partition: int, offset: int) -> KafkaRecord | None:
        """Return the record there, or None."""
        bounds = (await self.bounds()).get(partition)
        if bounds is None or not bounds.begin <= offset < bounds.end:
            return None
        async for portion in self.between({partition: offset}, {partition: offset + 1}):
            return portion[0]
        return None

    async def _fetch(self, place: TopicPartition) -> Sequence[Any]:
        """Return what comes next; nothing, once only transactions' own marks were passed over."""
        before = await self._consumer.position(place)
        async with asyncio.timeout(15):
            while True:
                fetched = await self._consumer.getmany(
                    place, timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS
                )
                records: Sequence[Any] = fetched.get(place, ())
                if records or await self._consumer.position(place) > before:
                    return records

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._name, partition)


@asynccontextmanager
async def topic(
    settings: KafkaSettings, name: str, *, seconds: float = 10.0
) -> AsyncIterator[KafkaTopic]:
    """Open a topic, named without prefix. Raises KafkaTrouble, also if there is none."""
    full, servers = settings.topic(name), settings.bootstrap_servers
    consumer = AIOKafkaConsumer(
        **settings.client("-reader"),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        fetch_max_wait_ms=100,
    )
    try:
        with told(servers):
            async with asyncio.timeout(seconds):
                await consumer.start()
                # By its public way Kafka is asked for the topic by name, and may make it.
                everything = await consumer._client.fetch_all_metadata()  # noqa: SLF001
        numbers = sorted(everything.partitions_for_topic(full) or ())
        if not numbers:
            raise KafkaTrouble(f"there is no topic {full}", "run `agentctl topics create`")
        yield KafkaTopic(consumer, full, numbers, servers)
    finally:
        await consumer.stop()


def _record(record: Any) -> KafkaRecord:
    return KafkaRecord(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        record.headers,
    )
