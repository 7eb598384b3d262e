"""Several instances of one group: joining, leaving, coming back."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from streaming import leaving, subscription
from streaming.runner import Record
from streaming.subscription import Consumer, KafkaSubscription
from streaming.testing import PARTITIONS, Bench, Gone, Seen, until

pytestmark = pytest.mark.connected


async def test_a_second_instance_takes_over_partitions_and_nothing_finished_is_repeated(
    bench: Bench,
) -> None:
    seen = Seen()

    async def unhurried(record: Record) -> None:
        await asyncio.sleep(0.01)
        seen.note(record)

    await bench.write(600, keys=60)
    await bench.runner(unhurried, "one", concurrency=8).start()
    await until(lambda: len(seen.numbers) > 50)
    await bench.runner(unhurried, "two", concurrency=8).start()
    await until(lambda: len(set(seen.numbers)) == 600)

    assert sorted(seen.numbers) == list(range(1, 601))
    assert all(numbers == sorted(numbers) for numbers in seen.by_key.values())
    assert await settled(bench) == 600


async def test_a_slow_handler_is_waited_for_before_its_partition_moves(bench: Bench) -> None:
    seen = Seen()

    async def slow(record: Record) -> None:
        await asyncio.sleep(0.7)
        seen.note(record)

    await bench.write(6, keys=6)
    await bench.runner(slow, "one").start()
    await asyncio.sleep(0.2)
    await bench.runner(slow, "two").start()
    await until(lambda: len(set(seen.numbers)) == 6)

    assert sorted(seen.numbers) == [1, 2, 3, 4, 5, 6]


async def test_an_instance_that_ends_before_its_commit_gets_its_events_again(
    bench: Bench,
) -> None:
    first, second = Seen(), Seen()
    await bench.write(9, keys=9)
    ending = bench.runner(first, "one", subscription=WithoutCommits(bench))
    await ending.start()
    await until(lambda: len(first.numbers) == 9)
    await ending.stop()
    await bench.runner(second, "one").start()
    await until(lambda: len(second.numbers) == 9)

    assert sorted(second.numbers) == sorted(first.numbers)


async def test_an_instance_that_restarts_goes_on_before_its_session_would_have_timed_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "SESSION_TIMEOUT_MS", 90_000)
    seen = Seen()
    other = bench.runner(seen, "two")
    restarting = bench.runner(seen, "one")
    await restarting.start()
    await other.start()
    await bench.write(30, keys=30)
    await until(lambda: len(seen.numbers) == 30)
    await restarting.stop()
    async with asyncio.timeout(60):
        await bench.runner(seen, "one").start()
        await bench.write(30, keys=30, first=31)
        await until(lambda: len(seen.numbers) == 60)

    assert sorted(seen.numbers) == list(range(1, 61))


async def test_nothing_is_shown_before_the_partitions_are_taken_over(bench: Bench) -> None:
    seen, ahead, taken = Seen(), list[int](), list[int]()
    tries = 0

    async def take_over(partitions: Collection[int]) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Gone
        await asyncio.sleep(0.3)
        assert not seen.numbers
        assert not ahead
        taken.extend(partitions)

    def look_ahead(record: Record) -> None:
        ahead.append(int(record.event.id))

    await bench.write(20, keys=1)
    await bench.publisher.publish("events", b"?", key=b"k", headers=())
    await bench.runner(seen, on_assigned=take_over, on_fetched=look_ahead).start()
    await until(lambda: len(seen.numbers) == 20)

    assert sorted(taken) == list(range(PARTITIONS))
    assert ahead == list(range(1, 21))


async def test_what_is_fetched_is_shown_ahead_of_a_queue_that_stands_still(bench: Bench) -> None:
    ahead, gate, seen = list[int](), asyncio.Event(), Seen()

    async def gated(record: Record) -> None:
        await gate.wait()
        seen.note(record)

    await bench.write(20, keys=1)
    runner = bench.runner(gated, on_fetched=lambda record: ahead.append(int(record.event.id)))
    await runner.start()
    await until(lambda: len(ahead) == 20)

    assert not seen.numbers
    gate.set()
    await until(lambda: len(seen.numbers) == 20)


async def test_more_instances_than_partitions_leaves_some_ready_and_idle(bench: Bench) -> None:
    seen = Seen()
    runners = [bench.runner(seen, str(number)) for number in range(PARTITIONS + 1)]
    await asyncio.gather(*(runner.start() for runner in runners))
    await bench.write(30, keys=30)
    await until(lambda: len(set(seen.numbers)) == 30)

    assert [runner.ready() for runner in runners] == [None] * (PARTITIONS + 1)


async def test_an_instance_that_stops_leaves_its_partitions_to_the_others_at_once(
    bench: Bench, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "_LEAVE_SECONDS", 60.0)  # a busy Kafka may answer late
    seen = Seen()
    one, two = bench.runner(seen, "one"), bench.runner(seen, "two")
    await asyncio.gather(one.start(), two.start())
    await bench.write(30, keys=30)
    await until(lambda: len(set(seen.numbers)) == 30)
    await one.stop()

    assert await seats(bench, kafka) == 1


async def test_an_instance_that_stops_alone_keeps_its_seat_for_its_next_start(
    bench: Bench, kafka: str
) -> None:
    seen = Seen()
    alone = bench.runner(seen, "one")
    await alone.start()
    await bench.write(1, keys=1)
    await until(lambda: seen.numbers == [1])
    await alone.stop()

    assert await seats(bench, kafka) == 1


async def seats(bench: Bench, kafka: str) -> int:
    """Count the members of the group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    [answer] = await admin.describe_consumer_groups([bench.settings.group("readers")])
    await admin.close()
    return len(answer.groups[0][-1])


async def settled(bench: Bench) -> int:
    """Committed offsets once they stop moving: the last commit is up to a second late."""
    reached = await bench.committed()
    async with asyncio.timeout(60):
        while reached < 600:
            await asyncio.sleep(0.2)
            reached = await bench.committed()
    return reached


class WithoutCommits:
    """A membership whose commits never reach Kafka, as when the process is killed before them."""

    def __init__(self, bench: Bench) -> None:
        topic, group = bench.settings.topic("events"), bench.settings.group("readers")
        self._real = KafkaSubscription(bench.client, topic=topic, group=group, instance_id="one")

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        consumer: Any = await self._real.open(listener)
        consumer.commit = self._lose
        opened: Consumer = consumer
        return opened

    async def _lose(self, _: Mapping[TopicPartition, int]) -> None:
        raise KafkaConnectionError

    def rejoin(self) -> None:
        self._real.rejoin()

    def trouble(self) -> str | None:
        return self._real.trouble()

    async def close(self) -> None:
        await self._real.close()
