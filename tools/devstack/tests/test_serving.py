"""What the fixtures hand out is real: records, transactions, rows and objects."""

from contextlib import AbstractAsyncContextManager

import aioboto3
import asyncpg
import pytest
from aiobotocore.config import AioConfig
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from botocore.exceptions import ClientError
from types_aiobotocore_s3 import S3Client

from devstack.endpoints import S3Endpoint

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


async def test_a_stored_object_is_read_back_whole(s3: S3Endpoint) -> None:
    async with _s3_client(s3, secret=s3.secret_access_key) as client:
        await client.put_object(Bucket=s3.bucket, Key="photo", Body=b"bytes" * 1000)
        answer = await client.get_object(Bucket=s3.bucket, Key="photo")
        body = await answer["Body"].read()

    assert body == b"bytes" * 1000


async def test_a_wrong_key_opens_no_bucket(s3: S3Endpoint) -> None:
    async with _s3_client(s3, secret="guessed") as client:
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            await client.list_objects_v2(Bucket=s3.bucket)


def _s3_client(s3: S3Endpoint, *, secret: str) -> AbstractAsyncContextManager[S3Client]:
    return aioboto3.Session().client(
        "s3",
        endpoint_url=s3.endpoint_url,
        aws_access_key_id=s3.access_key_id,
        aws_secret_access_key=secret,
        region_name=s3.region,
        config=AioConfig(s3={"addressing_style": "path"}),
    )
