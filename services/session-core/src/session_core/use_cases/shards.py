"""Takes shards when they are assigned, keeps them while they are ours, and lets them go."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import structlog

from domain.ports.command_source import CommandSource, SourceUnavailable
from domain.ports.event_store import (
    EventPublisher,
    EventStore,
    Lease,
    PublishFailed,
    ShardPublisher,
    StoreFailure,
)
from session_core.use_cases import metrics
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.holding import Holding
from session_core.use_cases.patience import Patience
from session_core.use_cases.people import People
from session_core.use_cases.promising import Promise, ahead, promise
from session_core.use_cases.publishing import Relay, Tenure
from streaming.counting import counted

DRAIN_SECONDS = 2.0
AFTER_FENCE_SECONDS = 4.0
"""A zombie learns within a heartbeat that it is one: it must not take the shard back before."""

_log = structlog.get_logger(__name__)


class Unusable(Exception):
    """The shard must not be worked on before a person has looked."""


@dataclass(frozen=True, slots=True)
class _Left:
    epoch: int
    people: People


class Shards:
    """Which shards are ours, and why others that should be are not."""

    def __init__(
        self,
        store: EventStore,
        publisher: EventPublisher,
        source: CommandSource,
        flows: FlowShelf,
        *,
        owner: str,
        people_in_memory: int,
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._source = source
        self._flows = flows
        self._owner = owner
        self._people_in_memory = people_in_memory
        self.total = 1
        """How many shards there are; a share of the memory is for each."""
        self._held: dict[int, Holding] = {}
        self._troubles: dict[int, str] = {}
        self._halted: set[int] = set()
        self._taking: dict[int, asyncio.Task[None]] = {}
        self._letting_go: set[asyncio.Task[None]] = set()
        self._left: dict[int, _Left] = {}
        self._working = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._changed = asyncio.Event()
        self._assigned: frozenset[int] | None = None

    @property
    def held(self) -> Mapping[int, Holding]:
        """The shards that can be worked on."""
        return self._held

    @property
    def ours(self) -> frozenset[int]:
        """The shards assigned to us, also those that cannot be worked on."""
        return self._assigned or frozenset()

    def ready(self) -> str | None:
        """Give None if every shard assigned to us is worked on, else the reason."""
        if self._assigned is None:
            return "the instances are sharing out the partitions"
        for shard, trouble in sorted(self._troubles.items()):
            return f"shard {shard}: {trouble}"
        for shard, holding in sorted(self._held.items()):
            if holding.relay.trouble is not None:
                return f"shard {shard}: {holding.relay.trouble}"
            if holding.promise is not None:
                left = counted(len(holding.promise.told), "event")
                return f"shard {shard}: {left} that readers were told, still to be decided again"
        return None

    def assigned(self, shards: Iterable[int]) -> None:
        """Begin to take these shards; whoever calls has paused them. Never waits."""
        self._assigned = frozenset(shards)
        for shard in self._assigned:
            self._take_later(shard, "not taken yet", after=0.0)

    async def revoked(self) -> None:
        """Let every shard go, finishing what is under way if that takes a moment only."""
        self._assigned = None
        for task in self._taking.values():
            task.cancel()
        self._troubles.clear()
        self._halted.clear()
        metrics.HALTED.set(0)
        leaving = list(self._held.values())
        self._held.clear()
        metrics.HELD.set(0)
        await self.quiet(DRAIN_SECONDS)
        await asyncio.gather(*(self._leave(holding) for holding in leaving))

    async def stop(self) -> None:
        """Let go of everything for good."""
        await self.revoked()
        for tasks in (self._taking.values(), self._letting_go):
            await asyncio.gather(*tasks, return_exceptions=True)

    def is_current(self, holding: Holding) -> bool:
        """Say whether the shard is still held under the same epoch."""
        return self._held.get(holding.shard) is holding

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Mark that a batch is being settled, which letting go waits for a moment."""
        self._working += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._working -= 1
            if self._working == 0:
                self._quiet.set()

    async def quiet(self, seconds: float) -> None:
        """Return when no batch is being settled, or after this long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()

    async def wait_for_change(self, seconds: float) -> None:
        """Return when a shard was taken, or after this long."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def lose(self, holding: Holding, reason: str, *, fenced: bool = False) -> None:
        """Give the shard up as it is, and take it again if it is still assigned to us."""
        if not self.is_current(holding):
            return
        _log.warning("shard lost", shard=holding.shard, epoch=holding.lease.epoch, reason=reason)
        metrics.LOST.inc()
        self._drop(holding)
        self._take_later(holding.shard, reason, after=AFTER_FENCE_SECONDS if fenced else 0.0)

    def halt(self, holding: Holding, reason: str) -> None:
        """Stop working on the shard until a person has looked."""
        if self.is_current(holding):
            self._drop(holding)
            self._alarm(holding.shard, reason)

    def _drop(self, holding: Holding) -> None:
        del self._held[holding.shard]
        metrics.HELD.set(len(self._held))
        task = asyncio.create_task(holding.relay.close())
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    def _alarm(self, shard: int, reason: str) -> None:
        self._troubles[shard] = reason
        self._halted.add(shard)
        metrics.HALTED.set(len(self._halted))
        _log.error("shard halted: a person must look", shard=shard, reason=reason)

    async def _leave(self, holding: Holding) -> None:
        await holding.relay.drain(DRAIN_SECONDS)
        await holding.relay.close()
        self._left[holding.shard] = _Left(holding.lease.epoch, holding.people)

    def _take_later(self, shard: int, reason: str, *, after: float) -> None:
        if self._assigned is None or shard not in self._assigned:
            return
        self._troubles[shard] = reason
        self._halted.discard(shard)
        metrics.HALTED.set(len(self._halted))
        before = self._taking.get(shard)
        if before is not None:
            before.cancel()
        self._taking[shard] = asyncio.create_task(self._take(shard, after), name=f"take-{shard}")

    async def _take(self, shard: int, after: float) -> None:
        await asyncio.sleep(after)
        patience = Patience(first=0.1, most=3.0)
        while True:
            try:
                holding = await self._attempt(shard)
            except (StoreFailure, SourceUnavailable, PublishFailed) as failure:
                self._troubles[shard] = f"{type(failure).__name__}: {failure}"
                await patience.wait()
            except Unusable as unusable:
                self._alarm(shard, str(unusable))
                return
            except Exception as error:  # noqa: BLE001 a bug must show, not end in a task nobody awaits
                _log.exception("taking a shard broke", shard=shard)
                self._alarm(shard, f"taking it broke: {type(error).__name__}")
                return
            else:
                self._hold(holding)
                return

    async def _attempt(self, shard: int) -> Holding:
        """Order matters: epoch, then producer, then the topic's tail, then the store.

        Before all of it Kafka must answer: whoever is cut off from it is still assigned what is
        somebody else's by now, and would raise the epoch again and again.
        """
        await self._source.bounds(shard)
        lease = await self._store.take(shard, owner=self._owner)
        await self._flows.refresh()
        await self._check_offset(lease)
        opened = await self._publisher.open(shard)
        try:
            owed = await self._owed(lease, opened.published)
        except BaseException:
            await opened.close()
            raise
        relay = self._relay(lease, opened, opened.published or lease.published_sequence)
        return Holding(lease, self._people(lease), relay, owed)

    async def _owed(self, lease: Lease, published: int) -> Promise | None:
        """Find out what readers were told and the store has not, if its commands are still there.

        Raises Unusable.
        """
        if published <= lease.last_sequence:
            return None
        shard, last = lease.shard, lease.last_sequence
        bounds = await self._source.bounds(shard)
        told = await self._publisher.told(shard, after=last)
        found = promise(told, after=last, last=published, until=bounds.end)
        if found is None or bounds.end == lease.next_offset:
            raise Unusable(ahead(published, last))
        _log.warning(
            "readers were told more than the store has: deciding it again, event by event",
            shard=shard,
            stored=last,
            told=published,
        )
        return found

    async def _check_offset(self, lease: Lease) -> None:
        bounds = await self._source.bounds(lease.shard)
        if not bounds.begin <= lease.next_offset <= bounds.end:
            raise Unusable(
                f"offset {lease.next_offset} is outside the log of commands"
                f" ({bounds.begin} to {bounds.end}): lost to retention, or another topic"
            )

    def _people(self, lease: Lease) -> People:
        """Keep who is remembered if nobody had the shard in between."""
        left = self._left.pop(lease.shard, None)
        if left is not None and left.epoch == lease.epoch - 1:
            return left.people
        return People(max(1, self._people_in_memory // self.total))

    def _relay(self, lease: Lease, opened: ShardPublisher, published: int) -> Relay:
        return Relay(
            Tenure(lease.shard, lease.epoch),
            self._store,
            self._publisher,
            opened,
            published=published,
            last=lease.last_sequence,
            lost=self._lost(lease),
        )

    def _lost(self, lease: Lease) -> Callable[[], None]:
        def lost() -> None:
            holding = self._held.get(lease.shard)
            if holding is not None and holding.lease is lease:
                self.lose(holding, "somebody else publishes it", fenced=True)

        return lost

    def _hold(self, holding: Holding) -> None:
        self._held[holding.shard] = holding
        self._troubles.pop(holding.shard, None)
        metrics.HELD.set(len(self._held))
        holding.relay.start()
        self._source.read_from(holding.shard, holding.next_offset)
        self._changed.set()
        _log.info(
            "shard taken",
            shard=holding.shard,
            epoch=holding.lease.epoch,
            next_offset=holding.next_offset,
            last_sequence=holding.last_sequence,
            unpublished=holding.relay.behind,
        )
