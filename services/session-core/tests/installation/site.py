"""One installation: its topics, its database, and what readers of either see."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from domain.ports.command_source import Delivery
from domain.ports.event_store import RecordedEvent
from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_EVENTS
from installation.model import one_after_the_other
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.app import build
from session_core.settings import Settings
from streaming.service import Service
from streaming.testing import Misspelt, batch_of_any_names

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Eventually = Callable[..., Awaitable[None]]
SHARDS = range(PARTITIONS)
PEOPLE = tuple(f"1555000{number:04}" for number in range(12))
TALK = ("hello", "Rex", "dog")


class Site:
    """Writes commands as ingress does, reads what came of them, and compares."""

    def __init__(
        self, settings: Settings, kafka: str, connections: Connections, flows: dict[str, str]
    ) -> None:
        self.settings = settings
        self.connections = connections
        self.store = PostgresEventStore(connections)
        self._kafka = kafka
        self._flows = flows
        self._producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=2)

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    def topic(self, name: str) -> str:
        return self.settings.topic_prefix + name

    def instance(self, number: int = 1) -> Service:
        chosen = {"instance_id": f"session-core-{number}"}
        return build(self.settings.model_copy(update=chosen))

    async def write(self, person: str, record: Record) -> None:
        value, headers = record
        await self._producer.send_and_wait(
            self.topic(SESSION_COMMANDS.name),
            value,
            key=f"106540352242922/{person}".encode(),
            headers=headers,
        )

    async def write_compressed(self, person: str, record: Record) -> None:
        """Write a command that fits the topic only because it compresses well."""
        value, headers = record
        async with AIOKafkaProducer(
            bootstrap_servers=self._kafka, compression_type="gzip", max_request_size=2 * len(value)
        ) as producer:
            topic = self.topic(SESSION_COMMANDS.name)
            key = f"106540352242922/{person}".encode()
            await producer.send_and_wait(topic, value, key=key, headers=headers)

    async def write_misspelt(self, person: str, record: Record, name: str) -> None:
        """Write a command of which a header's name is no text."""
        value, headers = record
        async with AIOKafkaProducer(bootstrap_servers=self._kafka) as producer:
            topic = self.topic(SESSION_COMMANDS.name)
            batch = batch_of_any_names(producer)
            odd = [(Misspelt(one) if one == name else one, content) for one, content in headers]
            batch.append(key=person.encode(), value=value, headers=odd, timestamp=None)
            await (await producer.send_batch(batch, topic, partition=0))

    async def everybody_talks(
        self, says: Says, people: Sequence[str] = PEOPLE, *, pause: float = 0.0
    ) -> None:
        """Let each person have a whole conversation; every message comes twice."""
        for number, text in enumerate(TALK, start=1):
            for _ in range(2):
                said = [self.write(person, says(person, text, number=number)) for person in people]
                await asyncio.gather(*said)
            await asyncio.sleep(pause)

    async def records(self, name: str, *, committed: bool = True) -> dict[int, list[Any]]:
        """Give everything that readers of a topic see, by partition."""
        level = "read_committed" if committed else "read_uncommitted"
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, isolation_level=level, fetch_max_wait_ms=20
        )
        await consumer.start()
        seen: dict[int, list[Any]] = {shard: [] for shard in SHARDS}
        try:
            partitions = [TopicPartition(self.topic(name), one) for one in seen]
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for partition, records in (await consumer.getmany(timeout_ms=100)).items():
                    seen[partition.partition] += records
        finally:
            await consumer.stop()
        return seen

    async def read(self, name: str = SESSION_EVENTS.name) -> dict[int, list[dict[str, str]]]:
        """Give the headers of everything that readers see, by partition."""
        records = await self.records(name)
        return {shard: [headers(record) for record in seen] for shard, seen in records.items()}

    async def ends(self, name: str, *, committed: bool = True) -> dict[int, int]:
        """Give where each partition ends for readers of committed records, or of all."""
        level = "read_committed" if committed else "read_uncommitted"
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, isolation_level=level)
        await consumer.start()
        try:
            asked = [TopicPartition(self.topic(name), shard) for shard in SHARDS]
            return {at.partition: end for at, end in (await consumer.end_offsets(asked)).items()}
        finally:
            await consumer.stop()

    async def told(self) -> dict[int, int]:
        """Count what was ever published to each partition, committed or not.

        Markers are not counted: whoever opens a shard leaves one.
        """
        records = await self.records(SESSION_EVENTS.name, committed=False)
        return {shard: len(seen) for shard, seen in records.items()}

    async def completed(self) -> int:
        seen = [one for records in (await self.read()).values() for one in records]
        return [one["ce_type"] for one in seen].count("session.completed.v1")

    async def next_offsets(self) -> dict[int, int]:
        async with self.connections.borrow() as connection:
            rows = await connection.fetch("SELECT shard, next_offset FROM shard")
        return {row["shard"]: row["next_offset"] for row in rows}

    async def owners(self) -> dict[str, set[int]]:
        """Give the shards that each instance has now."""
        async with self.connections.borrow() as connection:
            rows = await connection.fetch("SELECT shard, owner FROM shard")
        return {
            owner: {row["shard"] for row in rows if row["owner"] == owner}
            for owner in {row["owner"] for row in rows}
        }

    async def stored(self) -> dict[int, Sequence[RecordedEvent]]:
        return {shard: await self.store.read(shard, after=0, limit=100_000) for shard in SHARDS}

    async def settled(self) -> bool:
        """Say whether every command had its effect and every event is published."""
        if await self.next_offsets() != await self.ends(SESSION_COMMANDS.name):
            return False
        return await self.published()

    async def published(self) -> bool:
        """Say whether readers see as many events as are stored."""
        stored, seen = await self.stored(), await self.read()
        return all(len(seen[shard]) == len(stored[shard]) for shard in SHARDS)

    async def check(self) -> None:
        """Partition p of session-events is shard p of the store, each event once and in order."""
        stored = await self.stored()
        for shard, records in (await self.read()).items():
            assert [int(one["ce_sequence"]) for one in records] == list(range(1, len(records) + 1))
            ids = [str(one.event.event_id) for one in stored[shard]]
            assert [one["ce_id"] for one in records] == ids
        every = [one.event.event_id for events in stored.values() for one in events]
        assert len(set(every)) == len(every)

    async def check_against_model(self) -> int:
        """Compare, event by event, with one command after the other; return how many there are."""
        await self.check()
        commands = await self.records(SESSION_COMMANDS.name)
        model = await one_after_the_other(self._flows, _deliveries(commands))
        stored = await self.stored()
        for shard in SHARDS:
            expected = await model.read(shard, after=0, limit=100_000)
            assert list(stored[shard]) == list(expected)
        return sum(len(events) for events in stored.values())

    async def expire(self, name: str, partition: int, *, before: int) -> None:
        """Remove what is below an offset, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        at = TopicPartition(self.topic(name), partition)
        await admin.delete_records({at: RecordsToDelete(before_offset=before)})
        await admin.close()


def headers(record: Any) -> dict[str, str]:
    return {name: content.decode() for name, content in record.headers}


def _deliveries(records: Mapping[int, Sequence[Any]]) -> dict[int, list[Delivery]]:
    return {
        shard: [
            Delivery(one.partition, one.offset, one.key, one.value, one.headers) for one in seen
        ]
        for shard, seen in records.items()
    }


def report(figure: str) -> None:
    """Print what was measured, for whoever runs with `-s`."""
    print(f"\n{figure}")  # noqa: T201 the figure is for a person
