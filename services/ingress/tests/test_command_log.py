"""What every place that keeps entries must promise."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from domain import topics
from domain.ports.command_log import (
    CommandLog,
    Entry,
    LogEntry,
    LogUnavailable,
    ParkedWebhook,
    Problem,
)
from domain.values import NAMESPACE
from ingress.adapters.kafka_command_log import KafkaCommandLog
from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers.webhook_api import WEBHOOK
from streaming.cloudevents import decode
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.tracing import current_traceparent, span

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COMMANDS = topics.SESSION_COMMANDS
PARKED = ParkedWebhook(
    body=b'{"broken \xff', problems=[Problem("not-json", "$"), Problem("unreadable", "$.x")], at=NOW
)
Kept = Callable[[str], Awaitable[list[bytes]]]


def _entry(number: int, key: str = "1065/1555") -> Entry:
    return Entry(
        topic=COMMANDS,
        key=key,
        id=str(uuid5(NAMESPACE, str(number))),
        type="message.receive.v1",
        at=NOW,
        data=b'{"n":%d}' % number,
    )


class CommandLogContract:
    """What ingress relies on; every adapter inherits these tests."""

    async def test_everything_appended_is_kept_where_its_readers_look(
        self, log: CommandLog, kept: Kept
    ) -> None:
        await log.append([_entry(1), PARKED])

        assert await kept(COMMANDS.name) == [b'{"n":1}']
        assert await kept(topics.WEBHOOK_PARKED.name) == [PARKED.body]

    async def test_entries_of_one_person_stay_in_order(self, log: CommandLog, kept: Kept) -> None:
        entries = [_entry(number) for number in range(200)]

        await log.append(entries)

        assert await kept(COMMANDS.name) == [entry.data for entry in entries]

    async def test_what_cannot_be_kept_is_said_so(self, unavailable: CommandLog) -> None:
        with pytest.raises(LogUnavailable):
            await unavailable.append([_entry(1)])


class TestMemoryCommandLog(CommandLogContract):
    @pytest.fixture
    def log(self) -> MemoryCommandLog:
        return MemoryCommandLog()

    @pytest.fixture
    def kept(self, log: MemoryCommandLog) -> Kept:
        def place(entry: LogEntry) -> tuple[str, bytes]:
            if isinstance(entry, Entry):
                return entry.topic.name, entry.data
            return topics.WEBHOOK_PARKED.name, entry.body

        async def read(topic: str) -> list[bytes]:
            return [data for name, data in map(place, log.entries) if name == topic]

        return read

    @pytest.fixture
    def unavailable(self) -> MemoryCommandLog:
        log = MemoryCommandLog()
        log.reason = "full"
        return log


async def _records(servers: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(topics.PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Any] = []
        while len(found) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=1000)).values():
                found.extend(batch)
        return found
    finally:
        await consumer.stop()


@pytest.mark.connected
class TestKafkaCommandLog(CommandLogContract):
    @pytest.fixture
    async def publisher(self, kafka: str, topic_prefix: str) -> AsyncIterator[Publisher]:
        where = KafkaSettings(kafka, "ingress-test", topic_prefix)
        connection = broker(where)
        await connection.start()
        yield Publisher(connection, where)
        await connection.stop()

    @pytest.fixture
    def log(self, publisher: Publisher) -> KafkaCommandLog:
        return KafkaCommandLog(publisher, timeout=30.0)  # leaders of new topics take a while

    @pytest.fixture
    def kept(self, kafka: str, topic_prefix: str) -> Kept:
        async def read(topic: str) -> list[bytes]:
            return [record.value for record in await _records(kafka, topic_prefix + topic)]

        return read

    @pytest.fixture
    def unavailable(self) -> KafkaCommandLog:
        nowhere = KafkaSettings("127.0.0.1:9", "ingress-test")
        return KafkaCommandLog(Publisher(broker(nowhere), nowhere), timeout=0.1)

    @pytest.mark.usefixtures("spans")
    async def test_a_command_is_a_cloud_event_on_its_persons_partition(
        self, log: CommandLog, kafka: str, topic_prefix: str
    ) -> None:
        with span(WEBHOOK):
            traceparent = current_traceparent()
            await log.append([_entry(1)])

        (record,) = await _records(kafka, topic_prefix + COMMANDS.name)
        event = decode(record.value, record.headers)
        everywhere = list(range(topics.PARTITIONS))
        assert record.partition == DefaultPartitioner()(b"1065/1555", everywhere, everywhere)
        assert event.id == event.correlation_id == _entry(1).id
        assert (event.source, event.type, event.time) == ("ingress", "message.receive.v1", NOW)
        assert event.subject is None
        assert traceparent
        assert event.traceparent
        assert event.traceparent[:36] == traceparent[:36], "the same trace"
        assert event.traceparent != traceparent, "below the span that sent it"

    async def test_the_largest_webhook_is_parked_byte_for_byte(
        self, log: CommandLog, kafka: str, topic_prefix: str
    ) -> None:
        body = bytes(range(256)) * (4 * 1024 * 1024 // 256)
        problems = [Problem("unreadable", f"$.entry[0].changes[{n}].value") for n in range(9_999)]

        await log.append([ParkedWebhook(body=body, problems=problems, at=NOW)])

        (record,) = await _records(kafka, topic_prefix + topics.WEBHOOK_PARKED.name)
        headers = dict(record.headers)
        assert record.value == body
        assert headers["park-reason"] == b"unreadable"
        assert headers["park-problems"] == b"9999"
        assert headers["park-paths"].startswith(b"$.entry[0].changes[0].value ")

    async def test_a_topic_that_does_not_answer_in_time_is_unavailable(
        self, publisher: Publisher
    ) -> None:
        hasty = KafkaCommandLog(publisher, timeout=0.0)

        with pytest.raises(LogUnavailable):
            await hasty.append([_entry(1)])
