"""Kafka takes in headers whose names are no UTF-8; whoever reads them must not stop."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streaming.cloudevents import encode
from streaming.testing import Bench, Misspelt, Seen, batch_of_any_names, envelope, until

pytestmark = pytest.mark.connected

LAST = "traceparent"
ODD = ("\\xfftraceparent", b"any")


@pytest.fixture
async def producer(kafka: str) -> AsyncIterator[Any]:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as opened:
        yield opened


async def write(
    producer: Any, topic: str, *, first: int, misspelt: str = LAST, codec: int = 0
) -> None:
    """Write three numbered events at once; of the second one a name is no text."""
    batch = batch_of_any_names(producer, codec=codec)
    for number in range(first, first + 3):
        headers = [*encode(envelope(number)), (LAST, b"any")]
        if number == first + 1:
            headers = [(Misspelt(n) if n == misspelt else n, content) for n, content in headers]
        batch.append(key=b"k", value=envelope(number).data, headers=headers, timestamp=None)
    await (await producer.send_batch(batch, topic, partition=0))


@pytest.mark.parametrize("codec", [0, 1, 2, 3], ids=["as it is", "gzip", "snappy", "lz4"])
async def test_a_name_that_is_no_text_is_written_out_and_loses_no_record_around_it(
    codec: int, bench: Bench, producer: Any, kafka: str
) -> None:
    place = TopicPartition(bench.settings.topic("events"), 0)
    for first in (1, 4):
        await write(producer, place.topic, first=first, codec=codec)
    seen: list[Any] = []

    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None) as consumer:
        consumer.assign([place])
        consumer.seek(place, 0)
        while len(seen) < 6:
            seen += (await consumer.getmany(place, timeout_ms=200, max_records=2)).get(place, [])

    assert [record.offset for record in seen] == list(range(6))
    assert [record.offset for record in seen if record.headers[-1] == ODD] == [1, 4]
    assert {record.headers[-1] for record in seen} == {ODD, (LAST, b"any")}


async def test_an_event_with_such_a_name_beside_its_envelope_is_handled_in_its_turn(
    bench: Bench, producer: Any
) -> None:
    seen = Seen()
    await write(producer, bench.settings.topic("events"), first=1)

    await bench.runner(seen).start()
    await until(lambda: len(seen.numbers) == 3)

    assert seen.numbers == [1, 2, 3]


async def test_an_event_whose_envelope_cannot_be_read_for_it_is_parked_and_others_go_on(
    bench: Bench, producer: Any
) -> None:
    seen = Seen()
    await write(producer, bench.settings.topic("events"), first=1, misspelt="ce_id")

    await bench.runner(seen).start()
    await until(lambda: len(seen.numbers) == 2)
    (parked,) = await bench.parked(1)

    assert seen.numbers == [1, 3]
    assert parked.value == envelope(2).data
    assert ("\\xffce_id", b"2") in parked.headers
    assert b"id is missing" in dict(parked.headers)["park-reason"]
