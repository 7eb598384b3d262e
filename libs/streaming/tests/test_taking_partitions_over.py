"""The keyed runner without Kafka: what a rebalance does to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream.kafka import KafkaBroker

from streaming.cloudevents import Headers, encode
from streaming.handling import Fetched
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.parking import Parking
from streaming.runner import KeyedRunner, Record
from streaming.subscription import Consumer
from streaming.testing import QUICK, Gone, Seen, envelope, until

AT = TopicPartition("events", 0)


@dataclass(frozen=True)
class Given:
    """A record as Kafka's client gives it."""

    offset: int
    headers: Headers
    key: bytes | None = b"a"
    value: bytes | None = b"{}"
    topic: str = AT.topic
    partition: int = AT.partition
    timestamp: int = 0


class Group:
    """A consumer group whose only member hears what a test tells it."""

    def __init__(self) -> None:
        self.batches: list[Mapping[TopicPartition, Sequence[Fetched]]] = []
        self.commits: list[Mapping[TopicPartition, int]] = []
        self.held: set[TopicPartition] = set()
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._listener: ConsumerRebalanceListener | None = None

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        self._listener = listener
        await self.give()
        return self

    async def give(self, *partitions: TopicPartition) -> None:
        """Rebalance: everything is taken away, then these are given."""
        assert self._listener is not None
        await self._listener.on_partitions_revoked(set(self._assigned))
        self._assigned = frozenset(partitions)
        await self._listener.on_partitions_assigned(set(partitions))

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Fetched]]:
        await asyncio.sleep(0.001)
        assert timeout_ms >= 0
        assert max_records > 0
        return self.batches.pop() if self.batches else {}

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.commits.append(dict(offsets))

    async def committed(self, partition: TopicPartition) -> int | None:  # noqa: ARG002 always the same
        return 1

    async def position(self, partition: TopicPartition) -> int:  # noqa: ARG002 nothing is measured
        return 0

    def highwater(self, partition: TopicPartition) -> int | None:  # noqa: ARG002 the same
        return None

    async def end_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    def assignment(self) -> frozenset[TopicPartition]:
        return self._assigned

    def paused(self) -> set[TopicPartition]:
        return self.held

    def pause(self, *partitions: TopicPartition) -> None:
        self.held = self.held | set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.held = self.held - set(partitions)

    def rejoin(self) -> None: ...

    def trouble(self) -> str | None:
        return None

    async def close(self) -> None: ...


def member(
    group: Group,
    handle: Callable[[Record], Awaitable[None]],
    *,
    unavailable: tuple[type[Exception], ...] = (),
    **options: Any,
) -> KeyedRunner:
    """Make the runner that is the group's only member; there is no Kafka at its address."""
    settings = KafkaSettings("127.0.0.1:1", "test")
    client: KafkaBroker = broker(settings)
    return KeyedRunner(
        broker=client,
        topic="events",
        group="readers",
        instance_id="one",
        handle=handle,
        park=Parking(Publisher(client, settings), "parked", "readers"),
        unavailable=unavailable,
        rejected=(),
        subscription=group,
        **options,
    )


async def test_an_instance_that_had_nothing_prepares_before_its_first_events() -> None:
    group, seen, prepared = Group(), Seen(), asyncio.Event()

    async def prepare(begins: Mapping[int, int]) -> None:
        if begins:
            assert begins == {0: 1}
            await prepared.wait()

    runner = member(group, seen, on_assigned=prepare)
    await runner.start()
    await until(lambda: runner.ready() is None)
    group.batches.append({AT: [Given(number, encode(envelope(number))) for number in (1, 2)]})
    await group.give(AT)
    await asyncio.sleep(0.05)
    before = list(seen.numbers)
    prepared.set()
    await until(lambda: seen.numbers == [1, 2])
    await runner.stop()

    assert before == []
    assert group.commits[-1] == {AT: 3}


async def test_whoever_handles_is_told_when_partitions_are_let_go_and_when_it_stops() -> None:
    group, seen, told = Group(), Seen(), list[str]()

    async def prepare(begins: Mapping[int, int]) -> None:
        told.append(f"given {sorted(begins)}")

    async def release(grace: float) -> None:
        told.append(f"let go within {grace:g} s")

    runner = member(group, seen, on_assigned=prepare, on_released=release, grace=2)
    await runner.start()
    await until(lambda: len(told) == 2)
    await group.give(AT)
    await until(lambda: len(told) == 4)
    await runner.stop()

    assert told[2:] == ["let go within 2 s", "given [0]", "let go within 2 s"]


class Holding(Group):
    """A group whose client gives nothing of partitions that are held back."""

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Fetched]]:
        if self.held:
            await asyncio.sleep(0.001)
            return {}
        return await super().getmany(timeout_ms=timeout_ms, max_records=max_records)


async def test_an_outage_that_outlives_a_rebalance_is_noticed_to_be_over() -> None:
    group, seen, works = Holding(), Seen(), asyncio.Event()

    async def handle(record: Record) -> None:
        if not works.is_set():
            raise Gone
        seen.note(record)

    runner = member(group, handle, unavailable=(Gone,), retry=QUICK, grace=0.1)
    records = [Given(number, encode(envelope(number)), key=b"%d" % number) for number in range(9)]
    await runner.start()
    await group.give(AT)
    group.batches.append({AT: records})
    await until(lambda: runner.status() is not None)
    await group.give(AT)
    works.set()
    group.batches.append({AT: records})
    await until(lambda: len(seen.numbers) == len(records), within=5)
    await runner.stop()

    assert runner.status() is None
    assert group.commits[-1] == {AT: len(records)}
