"""Records that are written at the same moment, gathered into one batch a partition.

A record that is handed to Kafka's client by itself costs a future, a timer and a dozen calls: ten
times what it takes to add it to a batch.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka.errors import MessageSizeTooLargeError

from streaming.cloudevents import Headers
from streaming.partitioning import partition_of

Watch = Callable[[Any, "asyncio.Future[Any]"], None]

MOST_BYTES = 16 * 1024 * 1024
"""Of values that wait for Kafka's answer to earlier ones; several of the largest records."""


class Congested(Exception):
    """Too much waits for Kafka already; nothing of this was taken."""


class Addressed(NamedTuple):
    """A record, and the topic's full name."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers


class Tally:
    """What one publisher waits for: the batches that its records went into."""

    __slots__ = ("_failure", "_pending", "outcome")

    def __init__(self) -> None:
        self.outcome: asyncio.Future[BaseException | None]
        self.outcome = asyncio.get_running_loop().create_future()
        self._pending = 0
        self._failure: BaseException | None = None

    def begin(self) -> None:
        """Wait for one batch more."""
        self._pending += 1

    def expire(self) -> None:
        """Wait no longer."""
        if not self.outcome.done():
            self.outcome.set_result(TimeoutError())

    def settle(self, failure: BaseException | None) -> None:
        """Note the end of a batch; the outcome is the first failure once all have ended."""
        self._pending -= 1
        self._failure = self._failure or failure
        if self._pending == 0 and not self.outcome.done():
            self.outcome.set_result(self._failure)


@dataclass(slots=True)
class _Batch:
    builder: Any
    tallies: list[Tally] = field(default_factory=list)
    size: int = 0

    def add(self, tally: Tally, record: Addressed) -> bool:
        added = self.builder.append(
            timestamp=None, key=record.key, value=record.value, headers=list(record.headers)
        )
        if added is None:
            return False
        self.size += len(record.value or b"")
        if not self.tallies or self.tallies[-1] is not tally:
            self.tallies.append(tally)
            tally.begin()
        return True

    def is_awaited(self) -> bool:
        return not all(tally.outcome.done() for tally in self.tallies)


class Gathering:
    """Fills batches for one producer; in each partition one is under way, so that order is kept.

    `watch` is told of each batch's acknowledgement. A batch for which nobody waits any more when
    its turn comes is dropped: its publishers were told that it failed.
    """

    def __init__(self, producer: Any, watch: Watch) -> None:
        self.producer = producer
        self._most_of_one = producer._max_request_size  # noqa: SLF001 what `send` looks at, too
        self._watch = watch
        self._lanes: dict[tuple[str, int], deque[_Batch]] = {}
        self._held = 0
        self._known: dict[str, int] = {}
        producer.client.cluster.add_listener(lambda _: self._known.clear())
        self._tasks: set[asyncio.Task[None]] = set()

    def knows(self, topic: str) -> bool:
        """Say whether the topic's partitions are known."""
        return self._partitions(topic) > 0

    async def learn(self, topic: str) -> None:
        """Return when they are; raises what Kafka's client raises about one that is not there."""
        await self.producer.partitions_for(topic)

    def add(self, tally: Tally, records: Sequence[Addressed]) -> None:
        """Put records of known topics into the next batches; `tally` learns of their end.

        Raises Congested and MessageSizeTooLargeError, and takes nothing then.
        """
        size = 0
        for record in records:
            of_one = len(record.value or b"")
            if of_one > self._most_of_one:
                raise MessageSizeTooLargeError
            size += of_one
        if self._held and self._held + size > MOST_BYTES:
            raise Congested
        self._held += size
        for record in records:
            self._place(tally, record)

    def _place(self, tally: Tally, record: Addressed) -> None:
        where = record.topic, self._partition(record)
        waiting = self._lanes.get(where) or self._lane(where)
        if not waiting or not waiting[-1].add(tally, record):
            waiting.append(_Batch(self.producer.create_batch()))
            waiting[-1].add(tally, record)

    def _lane(self, where: tuple[str, int]) -> deque[_Batch]:
        """Give the batches that wait, if only for their turn: behind those who are awake now."""
        waiting = self._lanes.get(where)
        if waiting is None:
            waiting = self._lanes[where] = deque()
            task = asyncio.create_task(self._drain(*where, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return waiting

    async def _drain(self, topic: str, partition: int, waiting: deque[_Batch]) -> None:
        while waiting:
            batch = waiting.popleft()
            if batch.is_awaited():
                failure = await self._outcome(topic, partition, batch.builder)
                for tally in batch.tallies:
                    tally.settle(failure)
            self._held -= batch.size
        del self._lanes[topic, partition]

    async def _outcome(self, topic: str, partition: int, builder: Any) -> BaseException | None:
        builder.close()  # one that is open lingers by itself, and misses the request of the others
        try:
            ack = await self.producer.send_batch(builder, topic, partition=partition)
            self._watch(self.producer, ack)
            await _end(ack)
        except Exception as failure:  # noqa: BLE001 told to those whose records these are
            return failure
        return asyncio.CancelledError() if ack.cancelled() else ack.exception()

    def _partition(self, record: Addressed) -> int:
        if record.partition is not None:
            return record.partition
        if record.key is not None:  # partitions count from 0
            return partition_of(record.key, self._partitions(record.topic))
        cluster = self.producer.client.cluster
        led = cluster.available_partitions_for_topic(record.topic)
        chosen: int = random.choice(  # noqa: S311 not a secret
            sorted(led or cluster.partitions_for_topic(record.topic))
        )
        return chosen

    def _partitions(self, topic: str) -> int:
        """Return how many there are, 0 if that is not known."""
        known = self._known.get(topic, 0)
        if not known:
            known = len(self.producer.client.cluster.partitions_for_topic(topic) or ())
            self._known[topic] = known
        return known


async def _end(ack: "asyncio.Future[Any]") -> None:
    """Return once it is done, however it went: what `asyncio.wait` does, with less."""
    if ack.done():
        return
    ended = asyncio.get_running_loop().create_future()

    def tell(_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    ack.add_done_callback(tell)
    await ended
