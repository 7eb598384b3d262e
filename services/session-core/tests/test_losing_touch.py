"""Kafka that takes a commit and does not answer; PostgreSQL that is away when shards are taken."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from domain.topics import SESSION_COMMANDS, SESSION_COMMANDS_PARKED
from installation.processes import Starter
from installation.site import PEOPLE, SHARDS, Eventually, Says, Site
from installation.wires import KafkaWire, PostgresWire
from session_core.adapters.kafka_command_source import GROUP

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

UNANSWERED = 3


@pytest.fixture
async def kafka_wire(kafka: str) -> AsyncIterator[KafkaWire]:
    opened = KafkaWire(kafka)
    yield opened
    await opened.stop()


@pytest.fixture
async def kafka_address(kafka_wire: KafkaWire) -> str:
    return await kafka_wire.start()


@pytest.fixture
async def postgres_wire(database: str) -> AsyncIterator[PostgresWire]:
    opened = PostgresWire(database)
    yield opened
    await opened.stop()


@pytest.fixture
async def database_address(postgres_wire: PostgresWire) -> str:
    return await postgres_wire.start()


@pytest.mark.parametrize("swallowed", [False, True], ids=["hung up", "silent"])
async def test_a_commit_that_kafka_did_not_answer_is_neither_lost_nor_repeated(  # noqa: PLR0917 fixtures come by name
    swallowed: bool,  # noqa: FBT001 pytest passes it
    site: Site,
    kafka_wire: KafkaWire,
    start: Starter,
    says: Says,
    eventually: Eventually,
) -> None:
    instance = await start()
    await instance.until_ready()
    kafka_wire.swallows = swallowed
    kafka_wire.drop_answers = UNANSWERED
    await site.everybody_talks(says)
    await eventually(lambda: kafka_wire.drop_answers <= 0, 60)

    await eventually(site.settled, 60)
    await eventually(instance.is_ready, 60)

    assert not swallowed or "publishing failed" in instance.said()  # else the client asks again
    await site.check_against_model()


async def test_connections_to_kafka_cut_again_and_again_lose_and_double_nothing(
    site: Site, kafka_wire: KafkaWire, start: Starter, says: Says, eventually: Eventually
) -> None:
    instance = await start()
    await instance.until_ready()
    for first in range(0, len(PEOPLE), 3):
        await site.everybody_talks(says, PEOPLE[first : first + 3])
        kafka_wire.cut()

    await eventually(site.settled, 60)
    await eventually(instance.is_ready, 60)

    await site.check_against_model()
    assert not any((await site.read(SESSION_COMMANDS_PARKED.name)).values())


async def test_shards_assigned_while_the_database_is_away_are_taken_once_it_is_back(
    site: Site, postgres_wire: PostgresWire, start: Starter, says: Says, eventually: Eventually
) -> None:
    instance = await start()
    await instance.until_ready()
    epochs = [await site.store.epoch(shard) for shard in SHARDS]
    postgres_wire.closed = True
    postgres_wire.cut()
    await share_out_anew(site)
    await site.everybody_talks(says)
    await eventually(lambda: instance.says("StoreUnavailable"), 60)
    waiting = await site.next_offsets(), [await site.store.epoch(shard) for shard in SHARDS]
    postgres_wire.closed = False

    await eventually(site.settled, 60)
    await eventually(instance.is_ready, 60)

    assert waiting == (dict.fromkeys(SHARDS, 0), epochs)
    assert min([await site.store.epoch(shard) for shard in SHARDS]) > max(epochs)
    await site.check_against_model()


async def share_out_anew(site: Site) -> None:
    """Join the group and leave it at once, so that everybody's partitions are given out anew."""
    consumer = AIOKafkaConsumer(
        site.topic(SESSION_COMMANDS.name),
        bootstrap_servers=site.settings.kafka_bootstrap_servers,
        group_id=site.topic(GROUP),
        partition_assignment_strategy=(StickyPartitionAssignor,),
    )
    await consumer.start()
    await consumer.stop()
