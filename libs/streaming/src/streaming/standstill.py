"""Tells a reader that has nothing to read from one that reads nothing any more."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

UNREADY_SECONDS = 30.0
HOPELESS_SECONDS = 150.0
"""Kafka's client is known to stand still for good at times, until its process is restarted."""
LOOK_SECONDS = 5.0
_ANSWER_SECONDS = 5.0
_ASLEEP_SECONDS = 20.0


class StoodStill(Exception):
    """Kafka's client does not read what there is to read, and will not by itself."""


class Standstill:
    """Notes for how long a partition that has more did not move on, and the loop that reads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned_at: float | None = None
        self._compared_at = clock()
        self._since: dict[int, tuple[int, float]] = {}

    def turn(self) -> None:
        """Note that the loop that reads has gone round."""
        self._turned_at = self._clock()

    def compare(self, reached: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Note how far each partition that should move is read, and where it ends."""
        now = self._clock()
        if now - self._compared_at > _ASLEEP_SECONDS:
            self._since.clear()  # the whole process stood still: it has yet to show that it moves
        self._compared_at = now
        behind = {at: offset for at, offset in reached.items() if offset < ends.get(at, 0)}
        self._since = {at: self._stood(at, offset, now) for at, offset in behind.items()}

    def reason(self) -> str | None:
        """Say what stands still for too long, else None."""
        now = self._clock()
        if self._turned_at is not None and now - self._turned_at > UNREADY_SECONDS:
            return f"the loop that reads stands still for {now - self._turned_at:.0f} s"
        for at, (_, since) in sorted(self._since.items()):
            if now - since > UNREADY_SECONDS:
                return f"nothing was read of partition {at} for {now - since:.0f} s: there is more"
        return None

    def check(self) -> None:
        """Raise StoodStill once only a restart helps."""
        begun = [since for _, since in self._since.values()]
        if self._turned_at is not None:
            begun.append(self._turned_at)
        if begun and self._clock() - min(begun) > HOPELESS_SECONDS:
            raise StoodStill(self.reason())

    def _stood(self, at: int, offset: int, now: float) -> tuple[int, float]:
        before = self._since.get(at)
        return before if before and before[0] == offset else (offset, now)


class Reading(Protocol):
    """What is asked of Kafka's consumer."""

    def assignment(self) -> Collection[TopicPartition]: ...  # noqa: D102
    def paused(self) -> Collection[TopicPartition]: ...  # noqa: D102
    async def position(self, partition: TopicPartition) -> int: ...  # noqa: D102
    async def end_offsets(  # noqa: D102
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]: ...


async def watch(reading: Reading, standstill: Standstill) -> None:
    """Compare again and again. Raises StoodStill."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await look(reading, standstill)
        standstill.check()


async def look(reading: Reading, standstill: Standstill) -> None:
    """Compare what is not held back. Where Kafka is silent nothing is learnt: others tell of it."""
    moving = sorted(set(reading.assignment()) - set(reading.paused()))
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            ends = await reading.end_offsets(moving) if moving else {}
            reached = {at.partition: await reading.position(at) for at in moving}
    except (KafkaError, IllegalStateError, OSError):  # TimeoutError is an OSError
        return
    standstill.compare(reached, {at.partition: end for at, end in ends.items()})
