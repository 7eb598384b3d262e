"""What every event publisher promises: readers see a shard's events whole, once and in order."""

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid5

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from domain.ports.event_store import (
    EventPublisher,
    NewEvent,
    Origin,
    PublishFailed,
    RecordedEvent,
    ShardPublisher,
    fingerprint,
)
from domain.topics import SESSION_EVENTS
from domain.values import NAMESPACE, CommandId, ContactId, EventId
from session_core.adapters.kafka_event_publisher import KafkaEventPublisher, KafkaShardPublisher
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from streaming.kafka import KafkaSettings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))


def numbered(first: int, last: int, *, size: int = 20) -> list[RecordedEvent]:
    origin = Origin(CommandId(uuid5(ANA, "command")), NOON, ANA, "correlation")
    return [
        RecordedEvent(
            number,
            NewEvent(
                ANA, number, EventId(uuid5(ANA, str(number))), "reply.sent.v1", b"x" * size, origin
            ),
        )
        for number in range(first, last + 1)
    ]


class Opener:
    """Opens shards and closes them when the test ends."""

    def __init__(self, publisher: EventPublisher, stack: AsyncExitStack) -> None:
        self._publisher = publisher
        self._stack = stack

    async def __call__(self, shard: int = 0) -> ShardPublisher:
        opened = await self._publisher.open(shard)
        self._stack.push_async_callback(opened.close)
        return opened


class EventPublisherContract:
    """What session-core relies on. Every adapter inherits these tests."""

    @pytest.fixture
    async def opener(self, publisher: EventPublisher) -> AsyncIterator[Opener]:
        async with AsyncExitStack() as stack:
            yield Opener(publisher, stack)

    async def test_a_shard_that_nobody_published_to_begins_with_nothing(
        self, opener: Opener
    ) -> None:
        assert (await opener()).published == 0

    async def test_whoever_opens_a_shard_learns_what_is_published(self, opener: Opener) -> None:
        first = await opener()
        await first.publish(numbered(1, 3))
        await first.publish(numbered(4, 5))

        assert (await opener()).published == first.published == 5
        assert (await opener(1)).published == 0

    async def test_whoever_had_the_shard_open_before_cannot_publish_any_more(
        self, opener: Opener
    ) -> None:
        zombie = await opener()
        await zombie.publish(numbered(1, 1))
        heir = await opener()

        with pytest.raises(PublishFailed):
            await zombie.publish(numbered(2, 3))

        await heir.publish(numbered(2, 2))
        assert (await opener()).published == 2

    async def test_what_readers_were_told_beyond_a_number_can_be_read_again(
        self, opener: Opener, publisher: EventPublisher
    ) -> None:
        opened = await opener()
        await opened.publish(numbered(1, 3))
        await opened.publish(numbered(4, 5))

        expected = {one.sequence: fingerprint(*one.event[:5]) for one in numbered(1, 5)}
        assert await publisher.told(0, after=0) == expected
        assert await publisher.told(0, after=3) == {4: expected[4], 5: expected[5]}
        assert await publisher.told(0, after=5) == await publisher.told(1, after=0) == {}

    async def test_more_events_than_fit_one_request_are_published_together(
        self, opener: Opener
    ) -> None:
        opened = await opener()

        await opened.publish(numbered(1, 300, size=8000))

        assert (await opener()).published == 300


class TestMemoryEventPublisher(EventPublisherContract):
    @pytest.fixture
    def publisher(self) -> MemoryEventPublisher:
        return MemoryEventPublisher()


@pytest.mark.connected
class TestKafkaEventPublisher(EventPublisherContract):
    @pytest.fixture
    def settings(self, kafka: str, topic_prefix: str) -> KafkaSettings:
        return KafkaSettings(kafka, "test", topic_prefix)

    @pytest.fixture
    def publisher(self, settings: KafkaSettings) -> KafkaEventPublisher:
        return KafkaEventPublisher(settings)

    async def test_what_a_dead_owner_left_open_is_never_seen(
        self, opener: Opener, settings: KafkaSettings
    ) -> None:
        await (await opener()).publish(numbered(1, 2))
        async with AsyncExitStack() as stack:
            for _ in range(2):  # more aborted records than the first look back covers
                await _leave_open(settings, stack)

            assert (await opener()).published == 2

    async def test_letting_go_of_events_that_kafka_did_not_take_makes_no_noise(
        self, settings: KafkaSettings
    ) -> None:
        noise: list[dict[str, object]] = []
        gc.collect()  # what other tests left behind is none of this one's business
        asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
        publisher = KafkaEventPublisher(settings, transaction_seconds=1.0)
        opened = await publisher.open(0)
        await _stop_sending(opened)
        with pytest.raises(PublishFailed):
            await opened.publish(numbered(1, 300, size=8000))
        _take_back_for_a_retry(opened)

        await opened.close()
        del opened
        await asyncio.sleep(0)
        gc.collect()
        asyncio.get_running_loop().set_exception_handler(None)

        assert noise == []

    async def test_a_broker_that_does_not_answer_is_a_failure_within_seconds(
        self, settings: KafkaSettings
    ) -> None:
        nowhere = KafkaSettings("127.0.0.1:9", "test", settings.topic_prefix)

        async with asyncio.timeout(25):
            with pytest.raises(PublishFailed):
                await KafkaEventPublisher(nowhere).open(0)


async def _stop_sending(opened: KafkaShardPublisher) -> None:
    """Leave everything that is published from now on where it waits for Kafka."""
    task = opened._producer._sender.sender_task  # noqa: SLF001 there is no public way
    task.cancel()
    await asyncio.wait([task])


def _take_back_for_a_retry(opened: KafkaShardPublisher) -> None:
    """Do with the waiting batch what the producer does when a broker does not answer."""
    accumulator = opened._producer._message_accumulator  # noqa: SLF001
    accumulator.reenqueue(accumulator._pop_batch(opened._partition))  # noqa: SLF001


async def _leave_open(settings: KafkaSettings, stack: AsyncExitStack) -> None:
    """Begin a transaction under the shard's identity and stop in the middle."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers,
        transactional_id=settings.group(f"{SESSION_EVENTS.name}-0"),
    )
    await producer.start()
    stack.push_async_callback(producer.stop)
    await producer.begin_transaction()
    topic = settings.topic(SESSION_EVENTS.name)
    for _ in range(10):
        await producer.send_and_wait(topic, b"{}", partition=0, headers=[("ce_sequence", b"99")])


@pytest.mark.connected
async def test_an_event_larger_than_its_topic_takes_goes_out_once_that_takes_more(
    kafka: str, topic_prefix: str
) -> None:
    publisher = KafkaEventPublisher(KafkaSettings(kafka, "session-core-1", topic_prefix))
    [small] = numbered(1, 1)
    large = RecordedEvent(1, small.event._replace(data=secrets.token_hex(200_000).encode()))
    topic = topic_prefix + SESSION_EVENTS.name
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    async with AsyncExitStack() as stack:
        await admin.start()
        stack.push_async_callback(admin.close)
        opener = Opener(publisher, stack)
        await admin.alter_configs([_taking(topic, 100_000)])
        await _until_it_holds(kafka, topic, taken=False)
        with pytest.raises(PublishFailed, match="MessageSizeTooLargeError"):
            await (await opener()).publish([large])
        await admin.alter_configs([_taking(topic, 1_000_000)])
        await _until_it_holds(kafka, topic, taken=True)
        await (await opener()).publish([large])
        again = await opener()

    assert again.published == 1


async def _until_it_holds(kafka: str, topic: str, *, taken: bool) -> None:
    """Kafka answers before it goes by a new limit: try on another partition."""
    async with asyncio.timeout(60), AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        while await _takes_much(producer, topic) is not taken:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.05)


async def _takes_much(producer: AIOKafkaProducer, topic: str) -> bool:
    try:
        await producer.send_and_wait(topic, secrets.token_bytes(200_000), partition=5)
    except MessageSizeTooLargeError:
        return False
    return True


def _taking(topic: str, most: int) -> ConfigResource:
    return ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(most)})
