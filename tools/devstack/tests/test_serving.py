"""What the fixtures hand out is real: records, transactions, rows and objects."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

pytestmark = pytest.mark.connected


async def test_a_record_produced_to_kafka_is_read_back(kafka: str, topic_prefix: str) -> None:
    topic = f"{topic_prefix}session-events"
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        await producer.send_and_wait(topic, b"hello", partition=3)
    async with _reader(kafka, topic) as reader:
        record = await reader.getone()

    assert (record.value, record.partition) == (b"hello", 3)


async def test_an_aborted_transaction_is_never_seen_by_a_careful_reader(
    kafka: str, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}session-events"
    identity = f"{topic_prefix}writer"
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=identity) as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"never", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"kept", partition=0)
    async with _reader(kafka, topic) as reader:
        record = await reader.getone()

    assert record.value == b"kept"


async def test_postgres_runs_queries_and_flushes_to_disk(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        version = await connection.fetchval("SHOW server_version_num")
        durable = await connection.fetchval("SHOW fsync")
    finally:
        await connection.close()

    assert int(version) >= 180_000
    assert durable == "on"


def _reader(kafka: str, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
