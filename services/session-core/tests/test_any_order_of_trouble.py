"""Whatever goes wrong in whatever order: the outcome is that of one command after the other."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ports.event_store import (
    Append,
    AppendUnanswered,
    PublishFailed,
    RecordedEvent,
    ShardPublisher,
    StoreUnavailable,
)
from domain.values import ContactId
from installation.settling import is_settled
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.app.core import Core, Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.people import Known
from session_core.use_cases.rebuilding import Rebuilding
from session_core.use_cases.recalling import recall

Record = tuple[bytes | None, list[tuple[str, bytes]]]
Says = Callable[..., Record]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORDS = ("hello", "Rex", "dog", "agent", "R")
WRITTEN = st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(WORDS))
"""Who, their how-manieth message, and what it says; often the same again."""
TROUBLE = st.sampled_from(
    ["store-down", "unanswered-written", "unanswered-lost", "publish-lost", "publish-seen"]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(WRITTEN, min_size=1, max_size=6)),
        st.tuples(st.just("poison"), st.integers(0, 1)),
        st.tuples(st.just("mark"), st.integers(0, 1)),
        st.tuples(st.just("trouble"), TROUBLE),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("rebalance"), st.none()),
        st.tuples(st.just("second-owner"), st.none()),
        st.tuples(st.just("pause"), st.none()),
        st.tuples(st.just("timers-fire"), st.sampled_from((1, 73))),
    ),
    min_size=1,
    max_size=14,
)


class Troubles(list[str]):
    """What goes wrong next, each once."""

    def strike(self, *names: str) -> str | None:
        for name in names:
            if name in self:
                self.remove(name)
                return name
        return None


class Store(MemoryEventStore):
    def __init__(self, troubles: Troubles) -> None:
        super().__init__()
        self._troubles = troubles

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        await asyncio.sleep(0)
        if self._troubles.strike("store-down"):
            raise StoreUnavailable("down")
        if self._troubles.strike("unanswered-lost"):
            raise AppendUnanswered("lost")
        bases = await super().append(appends)
        if self._troubles.strike("unanswered-written"):
            raise AppendUnanswered("written")
        return bases


class Shard:
    def __init__(self, opened: ShardPublisher, troubles: Troubles) -> None:
        self._opened = opened
        self._troubles = troubles

    @property
    def published(self) -> int:
        return self._opened.published

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        await asyncio.sleep(0)
        if self._troubles.strike("publish-lost"):
            raise PublishFailed("lost")
        await self._opened.publish(events)
        if self._troubles.strike("publish-seen"):
            raise PublishFailed("seen")

    async def close(self) -> None:
        await self._opened.close()


class World(MemoryEventPublisher):
    def __init__(self, troubles: Troubles) -> None:
        super().__init__()
        self._troubles = troubles

    async def open(self, shard: int) -> ShardPublisher:  # type: ignore[override]
        return Shard(await super().open(shard), self._troubles)


class Site:
    """One topic, one store, one world; instances of session-core come and go."""

    def __init__(self, flows: dict[str, str], topic: MemoryCommands, troubles: Troubles) -> None:
        self.topic = topic
        self.store = Store(troubles)
        self.world = World(troubles)
        self.running: list[Core] = []
        self.now = NOON
        self._flows = flows
        self.archive = MemoryFlowArchive()

    async def begin(self, sizes: Sizes) -> None:
        shelf = FlowShelf(self._flows, self.archive)
        await shelf.open()
        neighbours = Neighbours(
            store=self.store,
            publisher=self.world,
            source=MemoryCommandSource(self.topic),
            dispatch=self.topic,
        )
        core = assemble(neighbours, shelf, owner="test", sizes=sizes, clock=lambda: self.now)
        core.shards.total = 2
        self.running.append(core)
        core.shards.assigned((0, 1))
        await core.lanes.start()

    async def end(self) -> None:
        for core in self.running:
            await core.lanes.stop()
            await core.shards.stop()
        self.running.clear()

    async def settle(self) -> None:
        deadline = asyncio.get_running_loop().time() + 60
        while not await is_settled(self.topic, self.store, self.world):
            assert asyncio.get_running_loop().time() < deadline, "it does not settle"
            await asyncio.sleep(0.005)


async def _play(
    site: Site, troubles: Troubles, steps: Sequence[tuple[str, object]], says: Says
) -> None:
    sizes = Sizes(batch_commands=3, people_in_memory=4)
    await site.begin(sizes)
    for kind, what in steps:
        match kind, what:
            case "write", list():
                for person, number, text in what:
                    site.topic.write(person % 2, *says(f"1555000{person}", text, number=number))
            case "poison", int():
                site.topic.write(what, b"{", [])
            case "mark", int():
                site.topic.mark(what)
            case "trouble", str():
                troubles.append(what)
            case "restart", _:
                await site.end()
                await site.begin(sizes)
            case "rebalance", _:
                for core in site.running:
                    await core.shards.revoked()
                site.running[-1].shards.assigned((0, 1))
            case "timers-fire", int():
                site.now += timedelta(hours=what)
                for core in site.running:  # also of who lost its shards and does not know
                    await core.timers.look()
            case "second-owner", _ if len(site.running) < 2:
                await site.begin(sizes)
            case _:
                await asyncio.sleep(0.01)
    await site.settle()


async def _check(site: Site, model: Site) -> None:
    assert site.store.timers() == model.store.timers()
    assert (await Rebuilding(MemoryStateInUse(site.store), site.archive).compare()).findings == ()
    for shard in (0, 1):
        stored = await site.store.read(shard, after=0, limit=10_000)
        assert list(site.world.published(shard)) == list(stored)
        assert [one.sequence for one in stored] == list(range(1, len(stored) + 1))
        assert list(stored) == list(await model.store.read(shard, after=0, limit=10_000))
        assert site.store.parked(shard) == model.store.parked(shard)
        for core in site.running:
            holding = core.shards.held.get(shard)
            if holding is not None and await site.store.epoch(shard) == holding.lease.epoch:
                await _check_memory(site, holding.people.everybody())


async def _check_memory(site: Site, everybody: Mapping[ContactId, Known]) -> None:
    replayed = await site.store.load([], list(everybody))
    for contact, known in everybody.items():
        assert known == recall(replayed.people[contact])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_trouble_in_any_order_changes_nothing_of_the_outcome(
    steps: list[tuple[str, object]], flows: dict[str, str], says: Says
) -> None:
    async def scenario() -> None:
        troubles = Troubles()
        site = Site(flows, MemoryCommands(2), troubles)
        model = Site(flows, site.topic, Troubles())
        try:
            await _play(site, troubles, steps, says)
            await model.begin(Sizes(batch_commands=1, lanes=1))
            await model.settle()
            await _check(site, model)
        finally:
            await site.end()
            await model.end()

    asyncio.run(scenario())
