"""Topics exist before anybody writes, each with the settings the domain gives it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from devstack import topics
from devstack.failure import StackError
from domain.topics import ALL, Topic

EVENTS = Topic("events", writer="us", key="contact id", retention=timedelta(days=30))
INDEX = Topic("index", writer="us", key="name", retention=None, compacted=True)
LEDGER = replace(INDEX, name="ledger", retention=timedelta(days=30))


def test_a_topic_with_retention_forgets_after_so_many_milliseconds() -> None:
    settings = EVENTS.settings

    assert settings["retention.ms"] == str(30 * 24 * 60 * 60 * 1000)
    assert settings["cleanup.policy"] == "delete"
    assert settings["max.message.bytes"] == str(6 * 1024 * 1024)


def test_a_compacted_topic_keeps_the_last_of_each_key_for_ever() -> None:
    settings = INDEX.settings

    assert (settings["cleanup.policy"], settings["retention.ms"]) == ("compact", "-1")


@pytest.mark.connected
async def test_a_compacted_topic_with_retention_also_forgets_what_is_old(kafka: str) -> None:
    await topics.create(kafka, [LEDGER], prefix="kept-")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    [answer] = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, "kept-ledger")]
    )
    await admin.close()

    found = {name: value for name, value, *_ in answer.resources[0][4]}
    assert found["cleanup.policy"] == "compact,delete"
    assert found["retention.ms"] == str(30 * 24 * 60 * 60 * 1000)


@pytest.mark.connected
async def test_creating_the_same_topics_again_changes_nothing(kafka: str) -> None:
    await topics.create(kafka, [EVENTS, LEDGER], prefix="again-")
    await topics.create(kafka, [EVENTS, LEDGER], prefix="again-")


@pytest.mark.connected
async def test_every_partition_of_new_topics_takes_a_record_at_the_first_try(
    kafka: str, caplog: pytest.LogCaptureFixture
) -> None:
    await topics.create(kafka, ALL, prefix="new-")
    caplog.clear()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        acks = [
            await producer.send(f"new-{topic.name}", b"{}", key=b"k", partition=number)
            for topic in ALL
            for number in range(topic.partitions)
        ]
        await asyncio.gather(*acks)

    assert "NotLeader" not in caplog.text


@pytest.mark.connected
async def test_a_topic_with_another_number_of_partitions_is_refused(kafka: str) -> None:
    fewer = Topic("events", "us", "contact id", timedelta(days=30), partitions=2)
    await topics.create(kafka, [fewer], prefix="other-")

    with pytest.raises(StackError, match=r"topic other-events has 2 partitions .* wants 6"):
        await topics.create(kafka, [EVENTS], prefix="other-")
