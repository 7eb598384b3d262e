"""A record that fills its topic to the brim can still be set aside."""

import asyncio
import secrets
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer

from domain.events import ReplyRequested
from domain.topics import ALL, MAX_MESSAGE_BYTES, PARKED_BY_SENDER, SESSION_EVENTS
from sender.app import build
from sender.settings import Settings
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import MAX_REQUEST_BYTES, KafkaSettings, Publisher, PublishFailed, broker

PARTITION = 2


def test_what_a_topic_has_room_for_a_producer_may_write() -> None:
    assert max(topic.max_message_bytes for topic in ALL) == MAX_REQUEST_BYTES


async def write_the_largest(publisher: Publisher) -> bytes:
    """Write an unreadable request for a reply, as large as the topic takes it."""
    noise = secrets.token_bytes(MAX_MESSAGE_BYTES)
    envelope = CloudEvent(
        id="the-largest",
        type=ReplyRequested.TYPE,
        source="session-core",
        time=datetime.now(UTC),
        data=noise,
    )
    for size in range(MAX_MESSAGE_BYTES, 0, -100):
        try:
            await publisher.publish(
                SESSION_EVENTS.name,
                noise[:size],
                key=b"contact",
                headers=encode(envelope),
                partition=PARTITION,
            )
        except PublishFailed:
            continue
        return noise[:size]
    raise AssertionError("not even an empty record was taken")


@pytest.mark.connected
async def test_the_largest_record_that_is_taken_can_be_parked_whole(
    kafka: str, topic_prefix: str
) -> None:
    names = KafkaSettings(kafka, "session-core", topic_prefix)
    connection = broker(names, enable_idempotence=False)
    await connection.start()
    largest = await write_the_largest(Publisher(connection, names, timeout=60))
    await connection.stop()
    reader = AIOKafkaConsumer(
        names.topic(PARKED_BY_SENDER.name), bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    await reader.start()
    settings = Settings(
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        platform="console",
        graph_url="unused",
        access_token="unused",
    )
    parts = build(settings).components
    for part in parts:
        await part.start()
    try:
        async with asyncio.timeout(90):
            parked = await reader.getone()
    finally:
        for part in reversed(parts):
            await part.stop()
        await reader.stop()

    assert parked.value == largest
    assert len(largest) > MAX_MESSAGE_BYTES - 3000
    assert dict(parked.headers)["park-reason"].startswith(b"rejected:UndecodableMessage")
