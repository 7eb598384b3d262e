"""A topic of its own for each test that talks to a real Kafka."""

import secrets
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streaming.kafka import KafkaSettings, broker
from streaming.plain_logs import pytest_runtest_setup
from streaming.testing import PARTITIONS, Bench

__all__ = ["bench", "pytest_runtest_setup"]


@pytest.fixture
async def bench(kafka: str) -> AsyncIterator[Bench]:
    settings = KafkaSettings(kafka, "test", topic_prefix=f"s{secrets.token_hex(4)}-")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    names = {settings.topic("events"): PARTITIONS, settings.topic("parked"): 1}
    await admin.create_topics([NewTopic(name, count, 1) for name, count in names.items()])
    client = broker(settings)
    await client.start()
    made = Bench(kafka, settings, client)
    yield made
    await made.close()
    await client.stop()
    await admin.delete_topics(list(names))
    await admin.close()
