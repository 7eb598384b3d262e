"""What the source of commands promises on a real Kafka: where it begins, and when it gives up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from faststream.kafka import KafkaBroker

from domain.ports.command_source import Bounds, OffsetsGone, SourceUnavailable
from domain.topics import PARTITIONS, SESSION_COMMANDS
from installation.site import Eventually
from installation.wires import KafkaWire
from session_core.adapters.kafka_command_source import GROUP, KafkaCommandSource
from streaming.kafka import KafkaSettings, broker

pytestmark = pytest.mark.connected

EVERY = frozenset(range(PARTITIONS))


class Member:
    """An instance that takes note of its partitions and reads none of them by itself."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.broker: KafkaBroker = broker(settings)
        self.source = KafkaCommandSource(
            self.broker, settings, instance_id=settings.client_id, session_seconds=6
        )
        self.source.when(assigned=self._assigned, revoked=self._revoked)
        self.shards: frozenset[int] = frozenset()
        self.seats = 0
        """How often it was given partitions."""

    def has(self, shards: frozenset[int]) -> Callable[[], bool]:
        return lambda: self.shards == shards

    def has_waited(self, seconds: float) -> None:
        """Let it seem that nobody polled for so long."""
        consumer = self.source._subscriber.consumer  # noqa: SLF001 there is no public way
        consumer._subscription._last_fetch_ended -= seconds  # noqa: SLF001

    def forget_its_id(self) -> None:
        """Do what Kafka's client does when a commit comes late for its generation."""
        self.source._subscriber.consumer._coordinator.reset_generation()  # noqa: SLF001

    def stop_coordinating(self) -> None:
        """Do what a bug in Kafka's client would do."""
        coordinator = self.source._subscriber.consumer._coordinator  # noqa: SLF001
        coordinator._coordination_task.cancel()  # noqa: SLF001

    def _assigned(self, shards: Iterable[int]) -> None:
        self.shards = frozenset(shards)
        self.seats += 1

    async def _revoked(self) -> None:
        self.shards = frozenset()


Join = Callable[..., Awaitable[Member]]


@pytest.fixture
async def join(kafka: str, topic_prefix: str) -> AsyncIterator[Join]:
    async with AsyncExitStack() as stack:

        async def join(number: int = 1, address: str = kafka) -> Member:
            member = Member(KafkaSettings(address, f"session-core-{number}", topic_prefix))
            stack.push_async_callback(member.broker.stop)
            stack.push_async_callback(member.source.leave)
            await member.broker.start()
            return member

        yield join


@pytest.fixture
async def wire(kafka: str) -> AsyncIterator[KafkaWire]:
    opened = KafkaWire(kafka)
    yield opened
    await opened.stop()


async def written(kafka: str, topic: str, count: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in range(count):
            await producer.send_and_wait(topic, str(number).encode(), partition=0)


async def in_transactions(kafka: str, topic: str, *, taken_back: int) -> None:
    """Write to partition 0, and take all of it back."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer:
        for number in range(taken_back):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, str(number).encode(), partition=0)
            await producer.abort_transaction()


async def committed(kafka: str, group: str, topic: str, offset: int) -> None:
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.commit({TopicPartition(topic, 0): offset})


async def test_nothing_is_delivered_before_it_is_said_where_to_begin(
    kafka: str, topic_prefix: str, join: Join, eventually: Eventually
) -> None:
    await written(kafka, topic_prefix + SESSION_COMMANDS.name, 20)
    await committed(kafka, topic_prefix + GROUP, topic_prefix + SESSION_COMMANDS.name, 3)
    member = await join()
    await eventually(member.has(EVERY))

    early = [await member.source.poll([0], limit=500, timeout=0.1) for _ in range(10)]
    member.source.read_from(0, 15)
    late = await member.source.poll([0], limit=500, timeout=10)

    assert not any(early)
    assert [delivery.offset for delivery in late] == [15, 16, 17, 18, 19]


async def test_what_retention_has_removed_meanwhile_is_missed_aloud(
    kafka: str, topic_prefix: str, join: Join, eventually: Eventually
) -> None:
    topic = topic_prefix + SESSION_COMMANDS.name
    await written(kafka, topic, 20)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=10)})
    await admin.close()
    member = await join()
    await eventually(member.has(EVERY))

    member.source.read_from(0, 3)

    with pytest.raises(OffsetsGone) as gone:
        await member.source.poll([0], limit=500, timeout=20)
    assert gone.value.shards == (0,)
    assert await member.source.bounds(0) == Bounds(10, 20)


async def test_marks_of_transactions_and_what_was_taken_back_are_passed_although_nothing_comes(
    kafka: str, topic_prefix: str, join: Join, eventually: Eventually
) -> None:
    topic = topic_prefix + SESSION_COMMANDS.name
    await written(kafka, topic, 2)
    member = await join()
    await eventually(member.has(EVERY))
    member.source.read_from(0, 0)
    read = await member.source.poll([0], limit=500, timeout=10)
    before = await member.source.passed(0)
    await in_transactions(kafka, topic, taken_back=3)

    async def passed() -> bool:  # Kafka writes the marks after it has answered
        assert await member.source.poll([0], limit=500, timeout=0.1) == []
        return await member.source.passed(0) == 2 + 3 * 2

    await eventually(passed)
    assert ([one.offset for one in read], before) == ([0, 1], 2)
    assert (await member.source.ends([0]))[0] == 2 + 3 * 2
    assert await member.source.passed(1) is None  # nobody said where to begin


async def test_whoever_had_nothing_to_read_for_a_year_still_takes_over(
    join: Join, eventually: Eventually
) -> None:
    leaving, waiting = await join(1), await join(2)
    await eventually(lambda: bool(leaving.shards and waiting.shards))
    waiting.has_waited(365 * 24 * 3600)
    await asyncio.sleep(3)  # heartbeats look at how long nobody polled

    await leaving.source.leave()

    await eventually(waiting.has(EVERY))
    assert waiting.source.ready() is None


async def test_a_client_that_forgot_who_it_is_sits_down_in_its_own_seat_again(
    join: Join, eventually: Eventually
) -> None:
    member = await join()
    await eventually(member.has(EVERY))
    dying = asyncio.create_task(member.source.died())

    member.forget_its_id()
    await eventually(lambda: member.seats == 2)

    await eventually(member.has(EVERY))
    assert not dying.done()
    dying.cancel()


async def test_while_kafka_is_away_the_source_says_so_and_goes_on_afterwards(
    wire: KafkaWire, join: Join, eventually: Eventually
) -> None:
    member = await join(1, await wire.start())
    dying = asyncio.create_task(member.source.died())
    await eventually(member.has(EVERY))
    before = member.source.ready()
    wire.closed = True
    wire.cut()
    await eventually(lambda: member.source.ready() == "nobody coordinates the group")
    with pytest.raises(SourceUnavailable):
        await member.source.bounds(0)
    wire.closed = False

    await eventually(lambda: member.source.ready() is None)
    assert before is None
    assert await member.source.bounds(0) == Bounds(0, 0)
    assert not dying.done()
    dying.cancel()


async def test_a_client_that_stops_coordinating_is_given_up_with_the_reason(
    join: Join, eventually: Eventually
) -> None:
    member = await join()
    await eventually(member.has(EVERY))
    dying = asyncio.create_task(member.source.died())

    member.stop_coordinating()

    async with asyncio.timeout(30):
        assert await dying == "the consumer stopped coordinating: cancelled"
