"""The whole service on a real Kafka and a real PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_EVENTS
from session_core.adapters.postgres_connections import Connections
from session_core.app import build
from session_core.settings import Settings
from streaming.service import Service

pytestmark = pytest.mark.connected

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Eventually = Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]


@pytest.fixture
def settings(  # noqa: PLR0917 pytest passes fixtures by name
    kafka: str,
    topic_prefix: str,
    database: str,
    connections: Connections,  # noqa: ARG001 the migrated database
    flows: dict[str, str],
    tmp_path: Path,
) -> Settings:
    for name, source in flows.items():
        (tmp_path / name).write_text(source)
    return Settings(
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        database_url=SecretStr(database),
        flows_dir=tmp_path,
        port=0,
    )


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    started = []
    try:
        for component in service.components:
            started.append(component)
            await component.start()
        yield
    finally:
        for component in reversed(started):
            await component.stop()


@asynccontextmanager
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    opened = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, acks="all")
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


async def published(settings: Settings) -> dict[int, list[dict[str, str]]]:
    """Everything that readers of session-events see, by partition."""
    topic = settings.topic_prefix + SESSION_EVENTS.name
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers, isolation_level="read_committed"
    )
    await consumer.start()
    seen: dict[int, list[dict[str, str]]] = {shard: [] for shard in range(PARTITIONS)}
    try:
        partitions = [TopicPartition(topic, shard) for shard in seen]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                seen[partition.partition] += [_headers(record) for record in records]
    finally:
        await consumer.stop()
    return seen


def _headers(record: Any) -> dict[str, str]:
    return {name: content.decode() for name, content in record.headers}


async def test_a_message_leads_to_one_conversation_published_in_order(
    settings: Settings, says: Says, eventually: Eventually
) -> None:
    async with producer(settings) as commands, running(build(settings)):
        for number, text in enumerate(("hello", "Rex", "dog"), start=1):
            for _ in range(2):  # every webhook comes twice
                value, headers = says("15550001111", text, number=number)
                await commands.send_and_wait(
                    settings.topic_prefix + SESSION_COMMANDS.name,
                    value,
                    key=b"106540352242922/15550001111",
                    headers=headers,
                )

        async def complete() -> bool:
            records = [one for shard in (await published(settings)).values() for one in shard]
            return any(one["ce_type"] == "session.completed.v1" for one in records)

        await eventually(complete)
        seen = await published(settings)

    (home,) = [records for records in seen.values() if records]
    assert [int(record["ce_sequence"]) for record in home] == list(range(1, len(home) + 1))
    assert len({record["ce_id"] for record in home}) == len(home)
    assert [record["ce_type"] for record in home].count("message.received.v1") == 3
