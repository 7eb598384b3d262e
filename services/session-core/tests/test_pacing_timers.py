"""How often timers are looked for, how many fire at once, and what is waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid5

import pytest

from domain.ports.command_source import OwnCommand, SourceUnavailable
from domain.ports.event_store import Append, StoreUnavailable, Timer, TimerKey
from domain.values import NAMESPACE, ContactId, SessionId
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core
from session_core.use_cases.stocktaking import STANDSTILL_SECONDS, Stocktaking
from session_core.use_cases.timers import Timers
from streaming.cloudevents import decode

Begin = Callable[..., Awaitable[Core]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))


class Topic(MemoryCommands):
    """Takes nothing for as long as it is away."""

    def __init__(self) -> None:
        super().__init__(2)
        self.away = False

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        if self.away:
            raise SourceUnavailable("KafkaConnectionError")
        await super().issue(own)

    def fired(self, shard: int = 0) -> list[str]:
        """Give the ids of the sessions whose timers fired, in order."""
        records = self.between(shard, 0, 100_000)
        events = [decode(record.value, record.headers) for record in records]
        return [event.id for event in events]


class Store(MemoryEventStore):
    """Knows no timers for as long as it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def due_timers(
        self, shards: Collection[int], *, until: datetime, limit: int
    ) -> Mapping[int, Sequence[Timer]]:
        if self.away:
            raise StoreUnavailable("ConnectionRefusedError")
        return await super().due_timers(shards, until=until, limit=limit)


class Pauses(list[float]):
    """Sleeps for no time at all, and remembers for how long it should have been."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def core(begin: Begin, eventually: Eventually) -> Core:
    """A session-core that holds both shards and handles nothing."""
    started = await begin(lanes=False)
    await eventually(lambda: len(started.shards.held) == 2)
    return started


def waiting(minutes: int) -> Timer:
    session = SessionId(uuid5(NAMESPACE, f"session-{minutes}"))
    return Timer(TimerKey(session, "session-expiry"), ANA, NOON - timedelta(minutes=minutes))


async def test_a_great_many_that_are_due_at_once_fire_in_portions_earliest_first(
    topic: Topic, store: Store, core: Core
) -> None:
    every = [waiting(minutes) for minutes in (5, 4, 3, 2, 1)]
    await store.append([Append(0, 1, 0, 0, timers=every)])
    timers = Timers(
        store,
        MemoryCommandSource(topic),
        topic,
        core.shards,
        clock=lambda: NOON,
        most_in_flight=2,
    )
    soon = [await timers.look() for _ in range(3)]
    first = len(topic.fired())
    handled = [one.key for one in every[:2]]
    await store.append([Append(0, 1, 0, 2, cleared=handled)])
    await timers.look()

    assert (first, soon) == (2, [True, True, True])
    assert len(set(topic.fired())) == len(topic.fired()) == 4


async def test_a_service_with_nothing_due_is_ready_and_looks_twice_a_second(
    topic: Topic, store: Store, core: Core, eventually: Eventually
) -> None:
    pauses = Pauses()
    source = MemoryCommandSource(topic)
    timers = Timers(store, source, topic, core.shards, clock=lambda: NOON, sleep=pauses)
    looking = asyncio.create_task(timers.run())
    await eventually(lambda: len(pauses) >= 3)
    looking.cancel()

    assert timers.ready() is None
    assert set(pauses) == {0.5}


async def test_without_database_or_kafka_timers_wait_say_so_and_go_on(
    topic: Topic, store: Store, core: Core, eventually: Eventually
) -> None:
    await store.append([Append(0, 1, 0, 0, timers=[waiting(1)])])
    store.away = topic.away = True
    looking = asyncio.create_task(core.timers.run())
    await eventually(lambda: core.ready() == "timers: StoreUnavailable: ConnectionRefusedError")
    store.away = False
    await eventually(lambda: core.ready() == "timers: SourceUnavailable: KafkaConnectionError")
    topic.away = False
    await eventually(lambda: core.ready() is None)
    looking.cancel()

    assert len(topic.fired()) == 1


def test_a_partition_that_is_behind_is_waited_for_while_it_moves() -> None:
    now = [0.0]
    taken = Stocktaking(NOON, {0: 3, 1: 9}, clock=lambda: now[0])
    answers = []
    for offset in range(9):
        answers.append(taken.is_done({0: 3, 1: offset}))
        now[0] += STANDSTILL_SECONDS - 1

    assert not any(answers)
    assert taken.is_done({0: 5, 1: 9})


def test_a_partition_that_stands_still_for_minutes_is_waited_for_no_longer() -> None:
    now = [0.0]
    taken = Stocktaking(NOON, {0: 3, 1: 9}, clock=lambda: now[0])
    at_first = taken.is_done({0: 3, 1: 4})
    now[0] += STANDSTILL_SECONDS

    assert not at_first
    assert taken.is_done({0: 3, 1: 4})
