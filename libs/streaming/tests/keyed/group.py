"""A consumer group, and a member's seat in it: what the runner has for Kafka's client."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaConnectionError
from keyed.log import PARTITIONS, TOPIC, Entry, Log

from streaming.subscription import Consumer

POLL = 0.05
PLACES = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]


class Group:
    """Gives everything out anew whenever somebody comes or goes, once all have let go."""

    def __init__(self, log: Log) -> None:
        self.epoch = 0
        self.members: list[Seat] = []
        self._log = log
        self._arrived: set[Seat] = set()
        self._shares: dict[Seat, frozenset[TopicPartition]] = {}

    def begin(self) -> None:
        """Ask all members to let go and come again."""
        self.epoch += 1
        self._arrived.clear()
        self._shares.clear()

    def arrive(self, seat: "Seat") -> int:
        """Let go of everything, and wait for a share. Gives the epoch that it is waited in."""
        if seat not in self.members:
            self.members.append(seat)
            self.begin()
        self._release(seat)
        self._arrived.add(seat)
        if self._arrived == set(self.members):
            self._assign()
        return self.epoch

    def expel(self, seat: "Seat") -> None:
        """Do without a member that left, or of which nothing was heard for too long."""
        if seat in self.members:
            self.members.remove(seat)
            self._release(seat)
            self.begin()

    def share(self, seat: "Seat") -> frozenset[TopicPartition] | None:
        return self._shares.get(seat)

    def _assign(self) -> None:
        count = len(self.members)
        for index, seat in enumerate(self.members):
            share = [at for at in PLACES if (at.partition + self.epoch) % count == index]
            self._shares[seat] = frozenset(share)
            for at in share:
                self._log.owners[at.partition] = seat

    def _release(self, seat: "Seat") -> None:
        owners = self._log.owners
        owners[:] = [None if owner is seat else owner for owner in owners]


class Seat:
    """A membership and its consumer. `most` and `most_of_a_key` bound what is handed out."""

    def __init__(self, group: Group, log: Log, *, most: int, most_of_a_key: int) -> None:
        self.fails = False
        self._group = group
        self._log = log
        self._most = most
        self._most_of_a_key = most_of_a_key
        self._epoch = -1
        self._moving = True
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()
        self._unfinished: dict[int, Entry] = {}
        self._keeping: asyncio.Task[None] | None = None

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        self._keeping = asyncio.create_task(self._keep(listener))
        while self._moving:  # noqa: ASYNC110 a loop of its own turns each member
            await asyncio.sleep(POLL)
        return self

    async def close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        self._group.expel(self)

    def rejoin(self) -> None: ...

    def trouble(self) -> str | None:
        return None

    def finished(self, entry: Entry) -> None:
        """Note that the handler, or the parking, is through with a record."""
        self._unfinished.pop(entry.number, None)

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Entry]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_ms / 1000
        while True:
            while self._moving:  # noqa: ASYNC110 as above; Kafka's client waits, too
                await asyncio.sleep(POLL)
            if self.fails:
                self.fails = False
                raise KafkaConnectionError
            given = self._hand_out(max_records)
            if given or loop.time() >= until:
                return given
            await asyncio.sleep(min(POLL, until - loop.time()))

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        await asyncio.sleep(POLL / 5)
        self._log.commit(self, offsets)
        await asyncio.sleep(POLL / 5)

    async def committed(self, partition: TopicPartition) -> int | None:
        committed: int = self._log.committed[partition.partition]
        return committed

    async def position(self, partition: TopicPartition) -> int:
        return self._positions.get(partition, 0)

    def highwater(self, partition: TopicPartition) -> int | None:
        return self._log.end(partition.partition)

    async def end_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]:
        return {at: self._log.end(at.partition) for at in partitions}

    def assignment(self) -> frozenset[TopicPartition]:
        return self._assigned

    def paused(self) -> set[TopicPartition]:
        return set(self._paused)

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused -= set(partitions)

    async def _keep(self, listener: ConsumerRebalanceListener) -> None:
        while True:
            if self._epoch != self._group.epoch:
                await self._take_part(listener)
            await asyncio.sleep(POLL)

    async def _take_part(self, listener: ConsumerRebalanceListener) -> None:
        self._moving = True
        await listener.on_partitions_revoked(set(self._assigned))
        while (share := self._arrive()) is None:  # noqa: ASYNC110 as above
            await asyncio.sleep(POLL)
        self._assigned, self._paused = share, set()
        self._unfinished.clear()
        self._positions = {at: self._log.committed[at.partition] for at in share}
        self._moving = False
        await listener.on_partitions_assigned(set(share))

    def _arrive(self) -> frozenset[TopicPartition] | None:
        if self._epoch != self._group.epoch:
            self._epoch = self._group.arrive(self)
        return self._group.share(self)

    def _hand_out(self, most: int) -> Mapping[TopicPartition, Sequence[Entry]]:
        given: dict[TopicPartition, Sequence[Entry]] = {}
        for at in sorted(self._assigned - self._paused):
            if entries := self._log.read(at.partition, self._positions[at], most):
                given[at] = entries
                most -= len(entries)
                self._positions[at] = entries[-1].offset + 1
                self._bear_in_mind(entries)
            if not most:
                break
        return given

    def _bear_in_mind(self, entries: Sequence[Entry]) -> None:
        waiting = {one.number: one for one in entries if one.kind != "unwanted"}
        self._unfinished.update(waiting)
        keys = [(one.partition, one.key) for one in self._unfinished.values()]
        if len(keys) > self._most:
            self._log.broken.append(f"{len(keys)} records were fetched and not finished")
        for key in set(keys):
            if keys.count(key) > self._most_of_a_key:
                self._log.broken.append(f"{keys.count(key)} records of {key} were fetched")
