"""What is under way between two rebalances: queues per key and offsets per partition."""

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition

from streaming.handling import Fetched, Handling, Record
from streaming.lanes import Lanes
from streaming.offsets import OffsetTracker


class Generation:
    """Owns the fetched records of one assignment; after `close` a new one takes its place.

    Until `open` records are kept aside: whoever handles them may have to prepare first.
    `look` sees each record before its queue does: what it gives is queued, and a record for
    which it gives nothing is finished at once. More than `most_queued` of a key crowd a partition.
    """

    def __init__(
        self,
        handling: Handling,
        *,
        finished: Callable[[], None],
        crashed: Callable[[BaseException], None],
        most_queued: int,
        look: Callable[[Fetched], Fetched | Record | None] = lambda fetched: fetched,
    ) -> None:
        self.is_open = False
        self._handling = handling
        self._look = look
        self._early: list[Fetched] = []
        self._tell_finished = finished
        self._trackers: dict[TopicPartition, OffsetTracker] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._most_queued = most_queued
        self._lanes: Lanes[tuple[int, bytes | None], Fetched | Record] = Lanes(
            self._work, finished=self._finished, crashed=crashed, many=most_queued // 2
        )

    @property
    def unfinished(self) -> int:
        """Number of records that were admitted and still need something."""
        return sum(len(tracker) for tracker in self._trackers.values())

    def open(self) -> None:
        """Begin to handle, with what was fetched already."""
        self.is_open = True
        early, self._early = self._early, []
        for record in early:
            self._queue(record)

    @property
    def keys(self) -> Collection[tuple[int, bytes | None]]:
        """Partition and key of what is queued."""
        return self._lanes.keys()

    def unfinished_of(self, partition: TopicPartition) -> int:
        """Give the number of unfinished records of one partition."""
        tracker = self._trackers.get(partition)
        return len(tracker) if tracker else 0

    def oldest_of(self, partition: TopicPartition) -> int | None:
        """Give when the oldest unfinished record of a partition was written, in milliseconds."""
        tracker = self._trackers.get(partition)
        return tracker.oldest if tracker else None

    def admit(self, fetched: Mapping[TopicPartition, Iterable[Fetched]]) -> None:
        """Queue what was fetched, each record behind those of its key."""
        for partition, records in fetched.items():
            tracker = self._trackers.setdefault(partition, OffsetTracker())
            for record in records:
                tracker.admit(record.offset, record.timestamp)
                if self.is_open:
                    self._queue(record)
                else:
                    self._early.append(record)

    def crowded(self, already: set[int]) -> set[int]:
        """Give the partitions with a key of which more than `most_queued` records wait.

        One that was crowded `already` stays so until the queue is half as long: each change
        of mind makes Kafka's client throw away what it had fetched ahead.
        """
        return {
            partition
            for (partition, _), length in self._lanes.long().items()
            if partition in already or length > self._most_queued
        }

    def uncommitted(self) -> dict[TopicPartition, int]:
        """Give the offsets that may be committed and are not yet."""
        reached = {at: tracker.committable for at, tracker in self._trackers.items()}
        return {at: offset for at, offset in reached.items() if self._committed.get(at) != offset}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note what Kafka has acknowledged."""
        self._committed.update(offsets)

    async def close(self, grace: float) -> None:
        """Begin nothing more and give what runs `grace` seconds to end."""
        await self._lanes.close(grace)

    def _queue(self, fetched: Fetched) -> None:
        record = self._look(fetched)
        if record is None:
            self._finished(fetched)
        else:
            self._lanes.add((fetched.partition, fetched.key), record)

    def _work(self, record: Fetched | Record) -> Coroutine[Any, Any, None]:
        return self._handling.finish(record, self._lanes.closing)

    def _finished(self, record: Fetched | Record) -> None:
        self._trackers[TopicPartition(record.topic, record.partition)].finish(record.offset)
        self._tell_finished()
