"""Events are published in transactions while Kafka ends the connections that carry them."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic_settings import SettingsConfigDict

from devstack import topics
from devstack.secured import Secured
from domain.topics import ALL, SESSION_EVENTS
from session_core.adapters.kafka_event_publisher import KafkaEventPublisher
from streaming.kafka import KafkaSettings
from streaming.kafka_access import KafkaAccess
from test_publishing_events import numbered

pytestmark = pytest.mark.connected


class Settings(KafkaAccess):
    """As session-core has them."""

    model_config = SettingsConfigDict(env_prefix="SESSION_CORE_", frozen=True)


@pytest.fixture
async def by_token(secured: Secured) -> AsyncIterator[KafkaSettings]:
    """Topics of one test alone, reached by tokens that soon end."""
    plain = (await asyncio.to_thread(secured.stack.start, "kafka")).kafka
    prefix, usual = f"t{secrets.token_hex(4)}-", secured.desk.life
    await topics.create(plain, ALL, prefix=prefix)
    secured.desk.life = 3
    yield Settings(
        kafka_bootstrap_servers=secured.ways["TOKEN"],
        topic_prefix=prefix,
        kafka_security_protocol="SASL_SSL",
        kafka_ssl_ca_file=secured.authority.file,
        kafka_sasl_mechanism="OAUTHBEARER",
        kafka_oauth_token_url=secured.desk.token_url,
        kafka_oauth_client_id=secured.desk.client_id,
        kafka_oauth_client_secret=secured.desk.client_secret,
    ).kafka("session-core-1")
    secured.desk.life = usual
    await topics.delete(plain, ALL, prefix=prefix)


async def test_a_shard_stays_dense_and_open_over_the_ends_of_many_tokens(
    by_token: KafkaSettings, secured: Secured
) -> None:
    shard = await KafkaEventPublisher(by_token, transaction_seconds=15).open(0)
    asked = secured.desk.asked
    async with asyncio.timeout(90):
        while secured.desk.asked < asked + 5:
            await shard.publish(numbered(shard.published + 1, shard.published + 3))
    await shard.close()

    assert await sequences(by_token, shard.published) == list(range(1, shard.published + 1))


async def sequences(settings: KafkaSettings, count: int) -> list[int]:
    consumer = AIOKafkaConsumer(
        **settings.client("-check"),
        group_id=None,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    consumer.assign([TopicPartition(settings.topic(SESSION_EVENTS.name), 0)])
    found: list[int] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            record = await consumer.getone()
            found.append(int(dict(record.headers)["ce_sequence"]))
    await consumer.stop()
    return found
