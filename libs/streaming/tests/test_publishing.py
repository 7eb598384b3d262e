"""Writing records: acknowledged, or a failure that says so."""

import asyncio

import pytest

from streaming.kafka import KafkaSettings, OutgoingRecord, Publisher, PublishFailed, broker
from streaming.testing import Bench

connected = pytest.mark.connected


def outgoing(key: bytes | None, value: bytes | None = b"{}", **kw: int) -> OutgoingRecord:
    return OutgoingRecord(topic="events", value=value, key=key, headers=(), **kw)


def test_the_prefix_lets_two_installations_share_a_cluster() -> None:
    settings = KafkaSettings("127.0.0.1:1", "test", topic_prefix="blue-")

    assert (settings.topic("events"), settings.group("readers")) == ("blue-events", "blue-readers")


def test_a_publisher_that_was_not_started_is_not_ready() -> None:
    settings = KafkaSettings("127.0.0.1:1", "test")

    assert Publisher(broker(settings), settings).ready() == "the producer is not started"


@connected
async def test_an_acknowledged_record_can_be_read(bench: Bench) -> None:
    await bench.publisher.publish_all([outgoing(b"a"), outgoing(b"b")], timeout=10)
    await bench.publisher.publish("parked", b"kept", key=b"k", headers=[("h", b"\xff")])
    (record,) = await bench.parked(1)

    assert (record.key, record.value, list(record.headers)) == (b"k", b"kept", [("h", b"\xff")])
    assert bench.publisher.ready() is None


@connected
async def test_nothing_to_publish_is_published_at_once(bench: Bench) -> None:
    async with asyncio.timeout(1):
        await bench.publisher.publish_all([], timeout=10)


@connected
async def test_a_partition_that_does_not_exist_is_a_failure(bench: Bench) -> None:
    with pytest.raises(PublishFailed):
        await bench.publisher.publish_all([outgoing(b"a", partition=99)], timeout=10)


@connected
async def test_a_record_too_large_for_the_topic_is_a_failure(bench: Bench) -> None:
    with pytest.raises(PublishFailed, match="MessageSizeTooLargeError"):
        await bench.publisher.publish_all([outgoing(b"a", b"x" * 7_000_000)], timeout=10)


@connected
async def test_no_ack_in_time_is_a_failure_that_says_the_outcome_is_unknown(bench: Bench) -> None:
    with pytest.raises(PublishFailed, match=r"no ack within 0\.0 s: outcome unknown"):
        await bench.publisher.publish_all([outgoing(b"a")], timeout=0.0)


@connected
async def test_a_stopped_producer_is_not_ready(bench: Bench) -> None:
    await bench.client.stop()

    assert bench.publisher.ready() == "the producer is not started"
