"""Records of the same moment travel together; whoever handed one in learns how it ended."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from streaming.gathering import MOST_BYTES, Addressed, Congested, Gathering, Tally

TOPIC = "events"


class Batch:
    """Takes three records."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def append(self, *, timestamp: None, key: bytes, value: bytes, headers: list[Any]) -> Any:
        if len(self.values) == 3:
            return None
        self.values.append(value)
        return timestamp, key, headers


class Producer:
    """Acknowledges when it is told to."""

    def __init__(self, most_of_one: int = 1000) -> None:
        self._max_request_size = most_of_one
        self.client = self.cluster = self
        self.sent: list[tuple[int, list[bytes]]] = []
        self.acks: list[asyncio.Future[None]] = []

    def create_batch(self) -> Batch:
        return Batch()

    def add_listener(self, _: object) -> None: ...

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0, 1}

    def available_partitions_for_topic(self, _: str) -> set[int]:
        return {0, 1}

    async def send_batch(self, batch: Batch, _: str, *, partition: int) -> "asyncio.Future[None]":
        assert batch.is_closed, "it does not linger"
        self.sent.append((partition, batch.values))
        self.acks.append(asyncio.get_running_loop().create_future())
        return self.acks[-1]


@pytest.fixture
async def producer() -> Producer:
    return Producer()


@pytest.fixture
async def gathering(producer: Producer) -> Gathering:
    return Gathering(producer, lambda _, __: None)


def handed_in(gathering: Gathering, *values: bytes, partition: int = 0) -> Tally:
    tally = Tally()
    gathering.add(tally, [Addressed(TOPIC, partition, b"k", value, ()) for value in values])
    return tally


async def a_moment() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def values(producer: Producer) -> Iterable[list[bytes]]:
    return [batch for _, batch in producer.sent]


async def test_records_of_the_same_moment_go_together(
    producer: Producer, gathering: Gathering
) -> None:
    one, other = handed_in(gathering, b"1"), handed_in(gathering, b"2")
    await a_moment()
    producer.acks[0].set_result(None)

    assert values(producer) == [[b"1", b"2"]]
    assert (await one.outcome, await other.outcome) == (None, None)


async def test_what_comes_meanwhile_waits_for_the_answer_in_order(
    producer: Producer, gathering: Gathering
) -> None:
    handed_in(gathering, b"1")
    await a_moment()
    later = [handed_in(gathering, b"%d" % number) for number in range(2, 7)]
    await a_moment()
    waiting = list(values(producer))
    for number in range(3):
        producer.acks[number].set_result(None)
        await a_moment()

    assert waiting == [[b"1"]]
    assert values(producer) == [[b"1"], [b"2", b"3", b"4"], [b"5", b"6"]]
    assert [await tally.outcome for tally in later] == [None] * 5


async def test_one_partition_does_not_wait_for_another(
    producer: Producer, gathering: Gathering
) -> None:
    handed_in(gathering, b"1")
    await a_moment()
    handed_in(gathering, b"2", partition=1)
    await a_moment()

    assert producer.sent == [(0, [b"1"]), (1, [b"2"])]


async def test_whoever_is_in_several_batches_learns_of_the_one_that_failed(
    producer: Producer, gathering: Gathering
) -> None:
    tally = Tally()
    records = [Addressed(TOPIC, partition, b"k", b"1", ()) for partition in (0, 1)]
    gathering.add(tally, records)
    await a_moment()
    producer.acks[0].set_exception(KafkaError())
    await a_moment()
    early = tally.outcome.done()
    producer.acks[1].set_result(None)

    assert not early
    assert isinstance(await tally.outcome, KafkaError)


async def test_what_nobody_waits_for_any_more_is_not_sent(
    producer: Producer, gathering: Gathering
) -> None:
    handed_in(gathering, b"1")
    await a_moment()
    given_up = handed_in(gathering, b"2")
    given_up.expire()
    producer.acks[0].set_result(None)
    await a_moment()
    wanted = handed_in(gathering, b"3")
    await a_moment()
    producer.acks[1].set_result(None)

    assert isinstance(await given_up.outcome, TimeoutError)
    assert await wanted.outcome is None
    assert values(producer) == [[b"1"], [b"3"]]


async def test_an_answer_that_comes_too_late_changes_nothing(
    producer: Producer, gathering: Gathering
) -> None:
    tally = handed_in(gathering, b"1")
    await a_moment()
    tally.expire()
    producer.acks[0].set_result(None)
    await a_moment()

    assert isinstance(await tally.outcome, TimeoutError)


async def test_beyond_what_may_wait_nothing_is_taken_at_all() -> None:
    producer = Producer(most_of_one=MOST_BYTES)
    gathering = Gathering(producer, lambda _, __: None)
    handed_in(gathering, bytes(MOST_BYTES - 1))
    with pytest.raises(Congested):
        handed_in(gathering, b"2", b"3")
    await a_moment()
    producer.acks[0].set_result(None)
    await a_moment()
    handed_in(gathering, b"4")
    await a_moment()

    assert [len(batch) for batch in values(producer)] == [1, 1]
    assert producer.sent[1] == (0, [b"4"])


async def test_a_record_too_large_for_kafka_takes_no_other_with_it(
    producer: Producer, gathering: Gathering
) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        handed_in(gathering, b"1", bytes(1001))
    await a_moment()

    assert producer.sent == []
