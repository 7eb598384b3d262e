"""A reader that has nothing to read is told from one that reads nothing any more."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streaming import standstill
from streaming.standstill import HOPELESS_SECONDS, UNREADY_SECONDS, Standstill, StoodStill
from streaming.testing import PARTITIONS, Bench, Seen, until

HERE, THERE = TopicPartition("events", 0), TopicPartition("events", 1)


@dataclass
class Reader:
    """A consumer that is where a test puts it."""

    positions: dict[TopicPartition, int] = field(default_factory=lambda: {HERE: 5, THERE: 5})
    ends: dict[TopicPartition, int] = field(default_factory=lambda: {HERE: 5, THERE: 5})
    held: set[TopicPartition] = field(default_factory=set)
    silent: bool = False

    def assignment(self) -> set[TopicPartition]:
        return set(self.positions)

    def paused(self) -> set[TopicPartition]:
        return self.held

    async def position(self, partition: TopicPartition) -> int:
        return self.positions[partition]

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        if self.silent:
            raise KafkaConnectionError
        return {at: self.ends[at] for at in partitions}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def looked_for(still: Standstill, clock: Clock, reader: Reader, seconds: float) -> None:
    """Look every five seconds, for so long; the loop that reads goes round all the time."""
    for _ in range(int(seconds / 5)):
        clock.now += 5
        still.turn()
        await standstill.look(reader, still)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def still(clock: Clock) -> Standstill:
    return Standstill(clock)


async def test_where_nothing_is_written_nobody_stands_still(
    still: Standstill, clock: Clock
) -> None:
    await looked_for(still, clock, Reader(), 1000)

    assert still.reason() is None


async def test_a_partition_that_has_more_and_is_not_read_is_named_until_it_is(
    still: Standstill, clock: Clock
) -> None:
    reader = Reader()
    reader.ends[THERE] = 9
    await looked_for(still, clock, reader, UNREADY_SECONDS + 10)
    told = still.reason()
    reader.positions[THERE] = 6
    await looked_for(still, clock, reader, 5)

    assert told == "nothing was read of partition 1 for 35 s: there is more"
    assert still.reason() is None


async def test_what_is_held_back_on_purpose_and_what_kafka_does_not_tell_counts_for_nothing(
    still: Standstill, clock: Clock
) -> None:
    reader = Reader(held={THERE})
    reader.ends[THERE] = 9
    await looked_for(still, clock, reader, 100)
    held = still.reason()
    reader.held, reader.silent = set(), True
    await looked_for(still, clock, reader, 100)

    assert held is still.reason() is None


async def test_a_process_that_was_frozen_as_a_whole_is_given_time_to_go_on(
    still: Standstill, clock: Clock
) -> None:
    reader = Reader()
    reader.ends[HERE] = 9
    await looked_for(still, clock, reader, 10)
    clock.now += 1000
    still.turn()
    await standstill.look(reader, still)

    assert still.reason() is None


async def test_a_loop_that_does_not_go_round_any_more_is_noticed(
    still: Standstill, clock: Clock
) -> None:
    still.turn()
    clock.now += UNREADY_SECONDS + 1

    assert still.reason() == "the loop that reads stands still for 31 s"


async def test_after_a_long_standstill_the_watch_ends_for_the_process_to_be_restarted(
    still: Standstill, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standstill, "LOOK_SECONDS", 0.0)
    reader = Reader()
    reader.ends[HERE] = 9
    await looked_for(still, clock, reader, HOPELESS_SECONDS + 10)

    with pytest.raises(StoodStill, match="nothing was read of partition 0 for 155 s"):
        await standstill.watch(reader, still)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "UNREADY_SECONDS", 1.0)
    monkeypatch.setattr(standstill, "HOPELESS_SECONDS", 4.0)
    monkeypatch.setattr(standstill, "LOOK_SECONDS", 0.2)


@pytest.mark.connected
@pytest.mark.usefixtures("impatient")
async def test_a_real_consumer_that_fetches_nothing_any_more_is_unready_and_then_ends(
    bench: Bench,
) -> None:
    seen = Seen()
    await bench.write(10, keys=3)
    runner = bench.runner(seen)
    await runner.start()
    await until(lambda: len(seen.numbers) == 10)
    before = runner.ready()
    stuck = runner._opened()._fetcher._fetch_task  # type: ignore[attr-defined]  # noqa: SLF001 as seen in aiokafka#1154
    stuck.cancel()
    await asyncio.wait([stuck])
    await bench.write(10, keys=3, first=11)  # may come with a fetch that is under way
    await until_quiet(seen)
    await bench.write(10, keys=3, first=21)
    await until(lambda: runner.ready() is not None)
    told = runner.ready()
    async with asyncio.timeout(30):
        died = await runner.died()

    assert before is None
    assert told is not None
    assert "there is more" in told
    assert died == "keep_watching ended: StoodStill"
    assert max(seen.numbers) <= 20


@pytest.mark.connected
@pytest.mark.usefixtures("impatient")
async def test_records_that_were_taken_back_are_none_to_be_read(bench: Bench) -> None:
    seen = Seen()
    await bench.write(10, keys=3)
    runner = bench.runner(seen)
    await runner.start()
    await until(lambda: len(seen.numbers) == 10)
    await leave_marks(bench)
    for _ in range(20):
        await asyncio.sleep(0.2)
        assert runner.ready() is None

    assert len(seen.numbers) == 10


async def leave_marks(bench: Bench) -> None:
    """Abort records at the end of every partition: readers of committed ones see nothing there."""
    async with AIOKafkaProducer(
        bootstrap_servers=bench.settings.bootstrap_servers,
        transactional_id=bench.settings.group("writer"),
    ) as producer:
        await producer.begin_transaction()
        for partition in range(PARTITIONS):
            topic = bench.settings.topic("events")
            await producer.send_and_wait(topic, b"{}", partition=partition)
        await producer.abort_transaction()


async def until_quiet(seen: Seen) -> None:
    """Wait until nothing more comes for a while."""
    before = -1
    while len(seen.numbers) != before:
        before = len(seen.numbers)
        await asyncio.sleep(1)
