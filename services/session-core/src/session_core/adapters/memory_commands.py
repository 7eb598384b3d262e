"""A topic of commands in memory: partitions, members that read them, and a place for the parked."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from domain.ports.command_source import Bounds, Delivery, OwnCommand
from session_core.adapters import own_commands


class MemoryCommands:
    """The topic. It also is the Dispatch of whoever forwards or parks."""

    def __init__(self, partitions: int) -> None:
        self._logs: list[list[Delivery | None]] = [[] for _ in range(partitions)]
        self._begin = [0] * partitions
        self._written = asyncio.Event()
        self.parked: list[tuple[Delivery, str]] = []

    def write(
        self,
        shard: int,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]],
        *,
        key: bytes | None = None,
    ) -> Delivery:
        """Append a record to a partition."""
        log = self._logs[shard]
        delivery = Delivery(shard, self._begin[shard] + len(log), key, value, headers)
        log.append(delivery)
        self._written.set()
        return delivery

    def mark(self, shard: int) -> None:
        """Append what nobody is delivered, as the end of somebody's transaction is."""
        self._logs[shard].append(None)
        self._written.set()

    def expire(self, shard: int) -> None:
        """Empty a partition, as retention does; its offsets go on."""
        self._begin[shard] += len(self._logs[shard])
        self._logs[shard].clear()

    def bounds(self, shard: int) -> Bounds:
        """Give where the partition begins and ends."""
        return Bounds(self._begin[shard], self._begin[shard] + len(self._logs[shard]))

    def between(self, shard: int, offset: int, limit: int) -> Sequence[Delivery]:
        """Give the records from an offset on."""
        first = max(0, offset - self._begin[shard])
        log = self._logs[shard]
        records = (one for at in range(first, len(log)) if (one := log[at]) is not None)
        return list(islice(records, limit))

    async def change(self, seconds: float) -> None:
        """Return when something was written, or after so long."""
        self._written.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._written.wait()

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """See Dispatch."""
        for home, delivery in deliveries:
            self.write(home, delivery.value, delivery.headers, key=delivery.key)

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        """See Dispatch."""
        self.parked.extend(deliveries)

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        """See Dispatch."""
        for shard, command in own:
            self.write(shard, *own_commands.record(command))


class MemoryCommandSource:
    """CommandSource: one member's view of the topic."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic
        self._positions: dict[int, int] = {}

    async def bounds(self, shard: int) -> Bounds:
        """See CommandSource."""
        return self._topic.bounds(shard)

    async def ends(self, shards: Collection[int]) -> Mapping[int, int]:
        """See CommandSource."""
        return {shard: self._topic.bounds(shard).end for shard in shards}

    def read_from(self, shard: int, offset: int) -> None:
        """See CommandSource."""
        self._positions[shard] = offset

    async def passed(self, shard: int) -> int | None:
        """See CommandSource."""
        return self._positions.get(shard)

    async def poll(
        self,
        shards: Sequence[int],
        *,
        limit: int,
        timeout: float,  # noqa: ASYNC109 as in CommandSource
    ) -> Sequence[Delivery]:
        """See CommandSource."""
        found = self._take(shards, limit)
        if not found:
            await self._topic.change(timeout)
            found = self._take(shards, limit)
        return found

    def _take(self, shards: Sequence[int], limit: int) -> list[Delivery]:
        found: list[Delivery] = []
        for shard in shards:
            records = self._topic.between(shard, self._positions[shard], limit - len(found))
            if records:
                self._positions[shard] = records[-1].offset + 1
                found.extend(records)
            elif len(found) < limit:
                self._positions[shard] = self._topic.bounds(shard).end
        return found
