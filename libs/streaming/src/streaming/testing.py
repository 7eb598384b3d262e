"""For tests against a real Kafka: numbered events, a topic of one's own, runners reading it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from faststream.kafka import KafkaBroker

from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import KafkaSettings, OutgoingRecord, Publisher, broker
from streaming.parking import Parking
from streaming.retrying import Retry
from streaming.runner import KeyedRunner, Record

PARTITIONS = 3
QUICK = Retry(first=0.02, most=0.1)


class Gone(Exception):
    """What the handler calls is not there."""


class Refused(Exception):
    """What the handler calls does not want the record."""


def envelope(number: int, kind: str = "counted.v1") -> CloudEvent:
    """Make an event whose id is `number`."""
    return CloudEvent(
        id=str(number),
        type=kind,
        source="/test",
        time=datetime(2026, 11, 23, tzinfo=UTC),
        data=b'{"n": %d}' % number,
    )


class Misspelt(str):
    """The name of a header that is no text on the wire: a byte 0xff is in front of it."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        """Give what is written."""
        return b"\xff" + super().encode()


def batch_of_any_names(producer: Any, *, codec: int = 0) -> Any:
    """Make a batch for `send_batch` that takes in any name of a header, as Kafka does."""
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(  # noqa: SLF001 aiokafka's fast one takes text alone
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1_000_000,
    )
    return batch


async def until(holds: Callable[[], bool], within: float = 60.0) -> None:
    """Wait for something on the other side of Kafka, at most `within` seconds.

    So many by default because a busy machine takes its time: only a failure lasts that long.
    """
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 it has no event to wait for
            await asyncio.sleep(0.01)


@dataclass
class Seen:
    """What a handler was given, in order."""

    by_key: dict[bytes | None, list[int]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)

    async def __call__(self, record: Record) -> None:
        """Handle a record by noting it."""
        self.note(record)

    def note(self, record: Record) -> None:
        """Note that a record was handled."""
        self.numbers.append(int(record.event.id))
        self.by_key.setdefault(record.key, []).append(int(record.event.id))


class Bench:
    """A topic of one test on a real Kafka, what writes to it and what reads from it."""

    def __init__(self, servers: str, settings: KafkaSettings, client: KafkaBroker) -> None:
        self.settings = settings
        self.client = client
        self.publisher = Publisher(client, settings, timeout=60)  # new topics answer late
        self._servers = servers
        self._runners: list[KeyedRunner] = []

    async def write(self, count: int, keys: int, *, first: int = 1) -> None:
        """Write numbered events, spread over `keys` keys."""
        events = [envelope(number) for number in range(first, first + count)]
        await self.publisher.publish_all(
            [
                OutgoingRecord(
                    topic="events",
                    value=event.data,
                    key=b"k%d" % (int(event.id) % keys),
                    headers=encode(event),
                )
                for event in events
            ],
            timeout=60,
        )

    def runner(
        self, handle: Callable[[Record], Awaitable[None]], instance: str = "one", **kw: Any
    ) -> KeyedRunner:
        """Make an instance of the group, stopped with the bench."""
        group = self.settings.group("readers")
        runner = KeyedRunner(
            broker=self.client,
            topic=self.settings.topic("events"),
            group=group,
            instance_id=instance,
            handle=handle,
            park=Parking(self.publisher, "parked", group),
            unavailable=(Gone,),
            rejected=(Refused,),
            **{"retry": QUICK, **kw},
        )
        self._runners.append(runner)
        return runner

    async def committed(self) -> int:
        """Sum of the group's committed offsets over all partitions."""
        reader = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=self.settings.group("readers"),
            enable_auto_commit=False,
        )
        await reader.start()
        topic = self.settings.topic("events")
        offsets = [await reader.committed(TopicPartition(topic, p)) for p in range(PARTITIONS)]
        await reader.stop()
        return sum(offset or 0 for offset in offsets)

    async def parked(self, count: int) -> list[Any]:
        """Read the parked records, waiting until there are `count`."""
        reader = AIOKafkaConsumer(
            self.settings.topic("parked"),
            bootstrap_servers=self._servers,
            auto_offset_reset="earliest",
        )
        await reader.start()
        async with asyncio.timeout(60):
            records = [await reader.getone() for _ in range(count)]
        await reader.stop()
        return records

    async def close(self) -> None:
        """Stop every runner that was made."""
        for runner in self._runners:
            await runner.stop()


@asynccontextmanager
async def bench_on(servers: str, way: KafkaSettings | None = None) -> AsyncIterator[Bench]:
    """Set up topics of one's own on a real Kafka, and take them away in the end.

    Who writes and reads there gets in by `way`, where that is another one.
    """
    way = way or KafkaSettings(servers, "test")
    settings = replace(way, topic_prefix=f"s{secrets.token_hex(4)}-")
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    names = {settings.topic("events"): PARTITIONS, settings.topic("parked"): 1}
    await admin.create_topics([NewTopic(name, count, 1) for name, count in names.items()])
    client = broker(settings)
    await client.start()
    made = Bench(servers, settings, client)
    try:
        yield made
    finally:
        await made.close()
        await client.stop()
        await admin.delete_topics(list(names))
        await admin.close()
