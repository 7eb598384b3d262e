"""A group that has read nothing yet begins where it is told to, and never again."""

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streaming.beginning import Begin, Beginning
from streaming.kafka import KafkaSettings

pytestmark = pytest.mark.connected

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
PARTITIONS = 2


@dataclass(frozen=True)
class Topic:
    """A topic with three records in partition 0, an hour apart, and none in partition 1."""

    settings: KafkaSettings

    async def write(self, hours: int) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers)
        await producer.start()
        at = int((NOON + timedelta(hours=hours)).timestamp() * 1000)
        await producer.send_and_wait(self.name, b"record", partition=0, timestamp_ms=at)
        await producer.stop()

    @property
    def name(self) -> str:
        return self.settings.topic("events")

    async def begin(self, begin: Begin, group: str = "readers") -> None:
        await Beginning(
            self.settings, topic=self.name, group=self.settings.group(group), begin=begin
        ).start()

    async def position(self, group: str = "readers") -> Mapping[int, int | None]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.bootstrap_servers,
            group_id=self.settings.group(group),
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            return {
                partition: await consumer.committed(TopicPartition(self.name, partition))
                for partition in range(PARTITIONS)
            }
        finally:
            await consumer.stop()


@pytest.fixture
async def topic(kafka: str) -> AsyncIterator[Topic]:
    settings = KafkaSettings(kafka, "test", topic_prefix=f"b{secrets.token_hex(4)}-")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(settings.topic("events"), PARTITIONS, 1)])
    made = Topic(settings)
    for hours in range(3):
        await made.write(hours)
    yield made
    await admin.delete_topics([settings.topic("events")])
    await admin.close()


async def test_from_now_on_nothing_of_the_past_is_read(topic: Topic) -> None:
    await topic.begin("now")

    assert await topic.position() == {0: 3, 1: 0}


@pytest.mark.parametrize(("hours", "first"), [(-5, 0), (0, 0), (0.5, 1), (2, 2), (9, 3)])
async def test_from_a_time_on_the_first_record_is_the_one_after_it(
    topic: Topic, hours: float, first: int
) -> None:
    await topic.begin(NOON + timedelta(hours=hours))

    assert await topic.position() == {0: first, 1: 0}


async def test_from_the_beginning_no_position_is_needed(topic: Topic) -> None:
    await topic.begin("beginning")

    assert await topic.position() == {0: None, 1: None}


async def test_whoever_has_read_anything_goes_on_from_there(topic: Topic) -> None:
    await topic.begin(NOON + timedelta(hours=1))
    await topic.write(3)
    await topic.begin("now")

    assert await topic.position() == {0: 1, 1: 0}


async def test_groups_begin_each_where_they_were_told(topic: Topic) -> None:
    await topic.begin("now", group="readers")
    await topic.begin(NOON, group="others")

    assert await topic.position("readers") == {0: 3, 1: 0}
    assert await topic.position("others") == {0: 0, 1: 0}


async def test_an_instance_that_finds_the_group_at_work_leaves_it_alone(topic: Topic) -> None:
    member = AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=topic.settings.bootstrap_servers,
        group_id=topic.settings.group("readers"),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await member.start()
    await member.getone()

    await topic.begin("now")

    assert await topic.position() == {0: None, 1: None}
    await member.stop()
