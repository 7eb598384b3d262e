"""A producer that Kafka takes nothing from any more makes room for a new one, in place."""

import asyncio
import secrets
from asyncio import InvalidStateError
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, ProducerClosed, UnknownError
from faststream.kafka import KafkaBroker
from prometheus_client import REGISTRY

from streaming.kafka import Publisher, PublishFailed, broker
from streaming.renewing import RenewedProducer
from streaming.retrying import Retry
from streaming.testing import Bench, until

pytestmark = pytest.mark.connected

QUICK = Retry(first=0.01, most=0.01)
REFUSED_BYTES = 9 * 1024 * 1024
"""More than the broker takes: after it the numbers of the producer's records have a gap."""


class Unstartable:
    """A producer whose start fails."""

    def __init__(self, error: KafkaError) -> None:
        self._error = error
        self._message_accumulator = self.client = self

    async def start(self) -> None:
        raise self._error

    async def stop(self) -> None: ...

    async def close(self) -> None: ...

    def fail_all(self, _: Exception) -> None: ...


@pytest.fixture
async def link(bench: Bench) -> AsyncIterator[KafkaBroker]:
    """A connection that lets records through which the broker refuses."""
    link = broker(bench.settings, max_request_size=2 * REFUSED_BYTES)
    await link.start()
    yield link
    await link.stop()


@pytest.fixture
def publisher(bench: Bench, link: KafkaBroker) -> Publisher:
    return Publisher(link, bench.settings)


async def publish(publisher: Publisher, value: bytes) -> None:
    await publisher.publish("events", value, key=None, headers=(), partition=0)


async def get_stuck(publisher: Publisher) -> None:
    """Leave the producer with a gap in its numbers, and let it run into it."""
    await publish(publisher, b"first")
    with pytest.raises(PublishFailed, match="MessageSizeTooLargeError"):
        await publish(publisher, secrets.token_bytes(REFUSED_BYTES))
    with pytest.raises(PublishFailed, match="OutOfOrderSequenceNumber: outcome unknown"):
        await publish(publisher, b"after the gap")


def replacements() -> float:
    return REGISTRY.get_sample_value("streaming_replaced_producers_total") or 0.0


async def test_publishing_goes_on_in_the_same_process_after_a_producer_got_stuck(
    publisher: Publisher,
) -> None:
    before = replacements()
    await get_stuck(publisher)
    told = publisher.trouble()
    await asyncio.gather(*(publish(publisher, b"later") for _ in range(50)))

    assert told == "the producer met OutOfOrderSequenceNumber and is being replaced"
    assert publisher.ready() is publisher.trouble() is None
    assert replacements() == before + 1


async def test_a_replaced_producer_may_get_stuck_and_be_replaced_again(
    publisher: Publisher,
) -> None:
    for _ in range(2):
        await get_stuck(publisher)
    await publish(publisher, b"later")

    assert publisher.ready() is None


async def test_a_producer_that_died_unnoticed_is_replaced_before_it_is_needed(
    link: KafkaBroker,
) -> None:
    renewed = RenewedProducer(link)
    dead = await killed(renewed)

    assert await renewed.current() is not dead


async def breaks() -> None:
    raise InvalidStateError


async def hangs() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("end", [breaks, hangs])
async def test_a_producer_that_does_not_stop_in_good_order_is_replaced_all_the_same(
    link: KafkaBroker, end: Callable[[], Awaitable[None]]
) -> None:
    stubborn = Unstartable(KafkaConnectionError())
    setattr(stubborn, "close", end)  # noqa: B010 mypy lets nobody assign a method
    starts: list[Any] = [stubborn, RenewedProducer(link)._make()]
    renewed = RenewedProducer(link, make=lambda: starts.pop(0), retry=QUICK)
    dead = await killed(renewed)
    async with asyncio.timeout(20):
        successor = await renewed.current()

    assert successor is not dead
    assert renewed.replacing is None


async def test_what_the_old_producer_was_still_given_fails_as_unknown(link: KafkaBroker) -> None:
    renewed = RenewedProducer(link)
    never_acknowledged: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    renewed.watch(await renewed.current(), never_acknowledged)
    await killed(renewed)
    await renewed.current()

    assert isinstance(never_acknowledged.exception(), ProducerClosed)


@pytest.mark.parametrize("error", [UnknownError(), KafkaConnectionError()])
async def test_only_where_kafka_answers_is_replacing_given_up_in_the_end(
    link: KafkaBroker, error: KafkaError
) -> None:
    starts: list[int] = []

    def make() -> Any:
        starts.append(1)
        return Unstartable(error)

    renewed = RenewedProducer(
        link, make=make, retry=QUICK, patience=3.5, clock=lambda: float(len(starts))
    )
    await killed(renewed)
    renewed.look_after()
    told = renewed.replacing
    await until(lambda: len(starts) > 15 or renewed.given_up is not None)
    given_up = renewed.given_up

    assert told == "the producer has died and is being replaced"
    assert given_up == (f"{told}, in vain" if isinstance(error, UnknownError) else None)


async def test_stopping_the_connection_ends_the_search_for_a_new_producer(
    link: KafkaBroker,
) -> None:
    unreachable = Unstartable(KafkaConnectionError())
    renewed = RenewedProducer(link, make=lambda: cast("Any", unreachable), retry=QUICK)
    await killed(renewed)
    renewed.look_after()
    await link.stop()
    await until(lambda: renewed.replacing is None)

    assert not renewed.started


async def killed(renewed: RenewedProducer) -> Any:
    """End the task in which the producer writes, as an unexpected error does."""
    producer = await renewed.current()
    writing = producer._sender.sender_task  # noqa: SLF001 there is no public way
    writing.cancel()
    await asyncio.wait([writing])
    return producer
