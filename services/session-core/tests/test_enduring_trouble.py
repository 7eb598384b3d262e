"""Databases and brokers that are slow, gone or answer late: nothing lost, nothing twice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from domain.ports.command_source import Delivery, OwnCommand, SourceUnavailable
from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    Histories,
    PublishFailed,
    RecordedEvent,
    ShardPublisher,
    StoreUnavailable,
)
from domain.values import ContactId, SessionId
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core, Sizes

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]

ANA, BEN = "15550001111", "15550002222"


class TroubledStore(MemoryEventStore):
    """Fails at named points, as often as told."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.fail_before_append = 0
        self.fail_after_append = 0
        self.slow_load = False

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        found = await super().load(names, contacts, sessions, form=form)
        if self.slow_load:
            await asyncio.sleep(0.01)
        return found

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        if self.down:
            raise StoreUnavailable("ConnectionRefusedError")
        if self.fail_before_append:
            self.fail_before_append -= 1
            raise AppendUnanswered("ConnectionResetError")
        bases = await super().append(appends)
        if self.fail_after_append:
            self.fail_after_append -= 1
            raise AppendUnanswered("TimeoutError")
        return bases


class TroubledShard:
    """Publishes, or not, and fails either way."""

    def __init__(self, opened: ShardPublisher, world: "TroubledWorld") -> None:
        self._opened = opened
        self._world = world

    @property
    def published(self) -> int:
        return self._opened.published

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        if self._world.fail_before:
            self._world.fail_before -= 1
            raise PublishFailed("KafkaTimeoutError")
        await self._opened.publish(events)
        if self._world.fail_after:
            self._world.fail_after -= 1
            raise PublishFailed("TimeoutError")

    async def close(self) -> None:
        await self._opened.close()


class TroubledWorld(MemoryEventPublisher):
    """A topic whose transactions fail before or after they took effect."""

    def __init__(self) -> None:
        super().__init__()
        self.fail_before = 0
        self.fail_after = 0
        self.closed = False

    async def open(self, shard: int) -> ShardPublisher:  # type: ignore[override]
        if self.closed:
            raise PublishFailed("KafkaConnectionError")
        return TroubledShard(await super().open(shard), self)


class TroubledDispatch:
    """Acknowledges nothing the first time."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic
        self.failures = 1

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        await self._topic.forward(deliveries)
        self._fail()

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        await self._topic.park(deliveries)
        self._fail()

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        await self._topic.issue(own)
        self._fail()

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise SourceUnavailable("forwarding: no ack within 10 s: outcome unknown")


@pytest.fixture
def store() -> TroubledStore:
    return TroubledStore()


@pytest.fixture
def world() -> TroubledWorld:
    return TroubledWorld()


def talk(topic: MemoryCommands, says: Says, *people: str) -> None:
    for number, text in enumerate(("hello", "Rex", "dog"), start=1):
        for person in people:
            topic.write(0, *says(person, text, number=number))


def completed(world: MemoryEventPublisher) -> int:
    seen = world.published(0)
    assert [one.sequence for one in seen] == list(range(1, len(seen) + 1))
    assert len({one.event.event_id for one in seen}) == len(seen)
    return [one.event.type for one in seen].count("session.completed.v1")


async def test_while_the_database_is_down_commands_wait_and_readiness_says_so(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: TroubledStore,
    world: TroubledWorld,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    core = await begin()
    store.down = True
    talk(topic, says, ANA)
    await eventually(lambda: core.ready() == "StoreUnavailable: ConnectionRefusedError")

    store.down = False
    await settled()

    assert completed(world) == 1
    assert topic.parked == []
    assert core.ready() is None


@pytest.mark.parametrize("written", [True, False])
async def test_an_append_without_answer_has_its_effect_exactly_once(  # noqa: PLR0917 fixtures come by name
    written: bool,  # noqa: FBT001 pytest passes it
    topic: MemoryCommands,
    store: TroubledStore,
    world: TroubledWorld,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    store.fail_after_append, store.fail_before_append = (2, 0) if written else (0, 2)
    talk(topic, says, ANA, BEN)

    await begin(sizes=Sizes(batch_commands=2))
    await settled()

    assert completed(world) == 2
    assert await store.epoch(0) == 3


@pytest.mark.parametrize("seen", [True, False])
async def test_a_transaction_without_answer_is_neither_lost_nor_repeated(  # noqa: PLR0917 fixtures come by name
    seen: bool,  # noqa: FBT001 pytest passes it
    topic: MemoryCommands,
    world: TroubledWorld,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    world.fail_after, world.fail_before = (2, 0) if seen else (0, 2)
    talk(topic, says, ANA, BEN)

    core = await begin(sizes=Sizes(batch_commands=2))
    await settled()

    assert completed(world) == 2
    assert core.ready() is None


async def test_events_stored_by_an_owner_that_died_are_published_by_the_next(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: TroubledWorld,
    store: TroubledStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    world.fail_before = 1_000_000
    talk(topic, says, ANA)
    await begin()
    await eventually(lambda: store.next_offset(0) == 3)
    before = completed(world)

    world.fail_before = 0
    await begin()
    await settled()

    assert (before, completed(world)) == (0, 1)


async def test_a_zombie_neither_stores_nor_publishes_beside_its_heir(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: TroubledWorld,
    store: TroubledStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    zombie = await begin()
    await eventually(lambda: len(zombie.shards.held) == 2)
    heir = await begin()
    await eventually(lambda: len(heir.shards.held) == 2)

    talk(topic, says, ANA, BEN)
    await settled()

    assert completed(world) == 2
    await eventually(lambda: 0 not in zombie.shards.held)
    assert (zombie.ready() or "").startswith("shard 0: ")
    assert await store.epoch(0) == 2


async def test_two_shards_that_decide_on_a_new_person_at_once_agree_in_the_end(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: TroubledStore,
    world: TroubledWorld,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    store.slow_load = True
    topic.write(0, *says(ANA, "hello", number=1))
    topic.write(1, *says(ANA, "Rex", number=2))

    await begin(sizes=Sizes(lanes=2))
    await settled()

    seen = [*world.published(0), *world.published(1)]
    assert len({one.event.origin.contact_id for one in seen}) == 1
    assert [one.event.type for one in seen].count("message.received.v1") == 2
    assert topic.parked == []


async def test_forwarding_that_was_not_acknowledged_is_repeated_without_harm(
    topic: MemoryCommands, world: TroubledWorld, says: Says, begin: Begin, settled: Settled
) -> None:
    await begin(dispatch=TroubledDispatch(topic))
    topic.write(0, *says(ANA, "hello", number=1))
    await settled()

    topic.write(1, *says(ANA, "Rex", number=2))
    await settled()

    kinds = [one.event.type for one in world.published(0)]
    assert kinds.count("answer.recorded.v1") == 1


async def test_a_topic_emptied_by_retention_gets_only_what_is_new(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: TroubledWorld,
    store: TroubledStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    talk(topic, says, ANA)
    first = await begin()
    await settled()
    stored = len(world.published(0))
    await _noted(store, stored, eventually)
    await first.lanes.stop()
    await first.shards.stop()
    world.expire(0)

    topic.write(0, *says(BEN, "hello"))
    await begin()
    await eventually(lambda: bool(world.published(0)))

    assert world.published(0)[0].sequence == stored + 1


async def _noted(store: TroubledStore, sequence: int, eventually: Eventually) -> None:
    await eventually(lambda: store.published_sequence(0) == sequence)


async def test_commands_lost_to_retention_halt_the_shard_and_nothing_is_reset(
    topic: MemoryCommands,
    store: TroubledStore,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> None:
    talk(topic, says, ANA)
    topic.expire(0)

    core = await begin(shards=(0,))
    await eventually(lambda: "outside the log" in (core.ready() or ""))

    assert store.next_offset(0) == 0
    assert core.shards.held == {}


async def test_shards_that_cannot_be_taken_yet_are_taken_once_kafka_is_back(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: TroubledWorld,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    world.closed = True
    talk(topic, says, ANA)
    core = await begin()
    await eventually(lambda: "KafkaConnectionError" in (core.ready() or ""))

    world.closed = False
    await settled()

    assert completed(world) == 1
    await eventually(lambda: core.ready() is None)


async def test_people_are_still_remembered_when_the_same_owner_takes_the_shard_again(
    topic: MemoryCommands, says: Says, begin: Begin, settled: Settled, eventually: Eventually
) -> None:
    talk(topic, says, ANA)
    core = await begin()
    await settled()
    remembered = core.shards.held[0].people

    await core.shards.revoked()
    core.shards.assigned((0, 1))
    await eventually(lambda: len(core.shards.held) == 2)

    assert core.shards.held[0].people is remembered
    assert len(remembered) == 1
