"""A topic of its own for each test that talks to a real Kafka."""

import logging
import secrets
from collections.abc import AsyncIterator

import pytest
import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streaming.kafka import KafkaSettings, broker
from streaming.testing import PARTITIONS, Bench


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Keep the expected failures of handlers out of the output; structlog draws them at length."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


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
