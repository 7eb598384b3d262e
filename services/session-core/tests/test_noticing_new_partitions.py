"""Partitions that are added while session-core works: nobody overlooks that they have no shard."""

from collections.abc import AsyncIterator, Awaitable, Callable
from signal import SIGTERM

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from domain.ports.command_source import SourceUnavailable
from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_EVENTS
from installation.processes import Starter
from installation.site import Eventually, Site
from session_core.app.core import Core
from session_core.app.partition_watch import PartitionWatch

MORE = PARTITIONS + 2
ADD_SHARDS = """
INSERT INTO shard (shard) SELECT generate_series($1::int, $2::int) ON CONFLICT DO NOTHING
"""


@pytest.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    opened = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await opened.start()
    yield opened
    await opened.close()


@pytest.mark.parametrize("counts", [(3, 2), (2, 3), (3, 3), (0, 2)])
async def test_whoever_has_another_number_of_partitions_than_shards_is_not_ready(
    counts: tuple[int, int], begin: Callable[..., Awaitable[Core]]
) -> None:
    core = await begin()  # with two shards
    found = (2, 2)

    async def count() -> tuple[int, int]:
        return found

    watch = PartitionWatch(count, core.shards)
    await watch.look()
    before, found = watch.ready(), counts
    await watch.look()
    told, found = watch.ready(), (2, 2)
    await watch.look()

    assert before is None
    assert told is not None
    assert f"session-commands has {counts[0]} partitions, session-events {counts[1]}" in told
    assert "2 shards" in told
    assert watch.ready() is None


async def test_what_was_noticed_is_not_forgotten_while_kafka_is_silent(
    begin: Callable[..., Awaitable[Core]],
) -> None:
    core = await begin()
    answers = [(3, 3)]

    async def count() -> tuple[int, int]:
        if not answers:
            raise SourceUnavailable("no topics: KafkaConnectionError")
        return answers.pop()

    watch = PartitionWatch(count, core.shards)
    await watch.look()
    told = watch.ready()
    await watch.look()

    assert told is not None
    assert watch.ready() == told


@pytest.mark.connected
async def test_after_partitions_and_shards_were_added_one_restart_has_them_all_read(
    site: Site,
    admin: AIOKafkaAdminClient,
    start: Starter,
    eventually: Eventually,
) -> None:
    before = await start()
    await before.until_ready()
    grown = {
        site.topic(name.name): NewPartitions(MORE) for name in (SESSION_COMMANDS, SESSION_EVENTS)
    }
    await admin.create_partitions(grown)
    await eventually(lambda: before.says(f"session-commands has {MORE} partitions"), seconds=60)
    before.send(SIGTERM)
    await before.ended()
    async with site.connections.borrow() as connection:
        await connection.execute(ADD_SHARDS, PARTITIONS, MORE - 1)

    again = await start()  # before its session has timed out: it is given its old seat
    await eventually(again.is_ready, seconds=60)

    async def all_taken() -> bool:
        return (await site.owners()).get("session-core-1") == set(range(MORE))

    await eventually(all_taken, seconds=30)
    await eventually(again.is_ready)
