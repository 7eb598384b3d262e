"""Topics and shards that do not fit each other: session-core does not begin to work on them."""

from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_EVENTS
from installation.processes import Starter
from installation.site import Site

pytestmark = pytest.mark.connected


@pytest.fixture
async def admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    opened = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await opened.start()
    yield opened
    await opened.close()


async def refusal(start: Starter) -> str:
    instance = await start()
    assert await instance.ended() == 1
    return instance.said()


@pytest.mark.parametrize("grown", [SESSION_COMMANDS.name, SESSION_EVENTS.name])
async def test_topics_with_different_numbers_of_partitions_are_refused(
    grown: str, site: Site, admin: AIOKafkaAdminClient, start: Starter
) -> None:
    await admin.create_partitions({site.topic(grown): NewPartitions(PARTITIONS + 1)})

    assert "both topics are needed, with the same number" in await refusal(start)


async def test_a_store_with_another_number_of_shards_than_the_topics_is_refused(
    site: Site, start: Starter
) -> None:
    await site.store.provide(PARTITIONS + 1)

    told = f"the topics have {PARTITIONS} partitions, the store {PARTITIONS + 1} shards"
    assert told in await refusal(start)
