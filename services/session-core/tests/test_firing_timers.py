"""Timers fire when they are due, once, and never at somebody who answered in time."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from prometheus_client import REGISTRY

from domain.commands import FireTimer
from domain.events import SessionExpired
from domain.ports.command_source import Delivery, OwnCommand, SourceUnavailable
from domain.ports.event_store import AliasKey, Histories, PastEvent, StoreUnavailable, Timer
from domain.values import ContactId, SessionId, command_id, timer_id
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core
from streaming.cloudevents import decode

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = 3600
ANA, BEN = "15550001111", "15550002222"


class Topic(MemoryCommands):
    """Holds up what is forwarded, and loses what is issued, for as long as told."""

    def __init__(self) -> None:
        super().__init__(2)
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble = ""

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        await self.gate.wait()
        await super().forward(deliveries)

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        if self.trouble == "away":
            raise SourceUnavailable("KafkaConnectionError")
        await super().issue(own)
        if self.trouble == "unanswered":
            raise SourceUnavailable("no ack")


class Store(MemoryEventStore):
    """Holds histories that nobody can read, and is slow enough for something to happen."""

    def __init__(self) -> None:
        super().__init__()
        self.unreadable = False
        self.meanwhile: Callable[[], None] = lambda: None

    async def due_timers(
        self, shards: Collection[int], *, until: datetime, limit: int
    ) -> Mapping[int, Sequence[Timer]]:
        due = await super().due_timers(shards, until=until, limit=limit)
        self.meanwhile()
        return due

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        found = await super().load(names, contacts, sessions, form=form)
        if not self.unreadable:
            return found
        people = {who: replace(past, events=odd(past.events)) for who, past in found.people.items()}
        return replace(found, people=people)


def odd(events: Sequence[PastEvent]) -> list[PastEvent]:
    return [one._replace(type="unknown.v9") for one in events]


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def store() -> Store:
    return Store()


@dataclass
class Scene:
    """People, a session-core or two, and a time of day that stands still unless moved."""

    topic: Topic
    store: Store
    world: MemoryEventPublisher
    settled: Settled
    _says: Says
    _begin: Begin
    now: datetime = field(default=NOON)

    async def begin(self, *, lanes: bool = True) -> Core:
        return await self._begin(clock=lambda: self.now, lanes=lanes)

    def hears(
        self, person: str, text: str, *, hours: int = 0, user_id: str | None = None, shard: int = 0
    ) -> None:
        """Let a message come in that was sent so many hours and a second after noon."""
        number = hours * HOUR + 1
        self.topic.write(shard, *self._says(person, text, number=number, user_id=user_id))

    def at(self, *, hours: int, seconds: int = 0) -> None:
        self.now = NOON + timedelta(hours=hours, seconds=seconds)

    def firings(self, shard: int = 0) -> list[str]:
        """Give the ids of the commands with which timers fired on a partition."""
        records = self.topic.between(shard, 0, 100_000)
        read = [decode(record.value, record.headers) for record in records]
        return [event.id for event in read if event.type == FireTimer.TYPE]

    async def fires(self, core: Core, times: int) -> None:
        async with asyncio.timeout(30):
            while len(self.firings()) < times:
                await core.timers.look()
                await asyncio.sleep(0.005)

    def whose(self, event_type: str) -> list[ContactId]:
        published = [one.event for shard in (0, 1) for one in self.world.published(shard)]
        return [one.origin.contact_id for one in published if one.type == event_type]

    @property
    def let_go(self) -> list[ContactId]:
        return self.whose(SessionExpired.TYPE)

    @property
    def due_at(self) -> list[datetime]:
        return sorted(timer.due_at for timer in self.store.timers().values())


@pytest.fixture
def scene(  # noqa: PLR0917 fixtures come by name
    topic: Topic,
    store: Store,
    world: MemoryEventPublisher,
    settled: Settled,
    says: Says,
    begin: Begin,
) -> Scene:
    return Scene(topic, store, world, settled, says, begin)


async def test_whoever_falls_silent_is_let_go_when_their_time_is_over(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    (timer,) = scene.store.timers().values()
    identity = timer_id(timer.key.session_id, timer.key.kind, timer.due_at)
    scene.at(hours=72)
    await core.timers.look()
    too_early = scene.firings()
    scene.at(hours=72, seconds=1)
    await core.timers.look()
    await scene.settled()

    assert too_early == []
    assert scene.firings() == [str(command_id("timer.fire.v1", str(identity)))]
    assert len(scene.let_go) == 1
    assert scene.due_at == []


async def test_an_answer_costs_one_firing_for_nothing_and_no_more(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    scene.hears(ANA, "Rex", hours=10)
    await scene.settled()
    before = scene.due_at
    scene.at(hours=73)
    await core.timers.look()
    await scene.settled()
    after = scene.due_at
    scene.at(hours=83)
    await core.timers.look()
    await scene.settled()

    assert before == [NOON + timedelta(hours=72, seconds=1)]
    assert after == [NOON + timedelta(hours=82, seconds=1)]
    assert len(set(scene.firings())) == len(scene.firings()) == 2
    assert len(scene.let_go) == 1


async def test_nobody_who_answered_during_an_outage_is_let_go_after_it(scene: Scene) -> None:
    first = await scene.begin()
    scene.hears(ANA, "hello")
    scene.hears(BEN, "hello")
    await scene.settled()
    await first.lanes.stop()
    await first.shards.stop()
    scene.hears(ANA, "Rex", hours=72)
    scene.at(hours=73)
    core = await scene.begin()
    await scene.fires(core, 2)
    await scene.settled()

    assert len(scene.let_go) == 1
    assert set(scene.let_go).isdisjoint(scene.whose("answer.recorded.v1"))


async def test_an_answer_on_its_way_from_another_partition_is_waited_for(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello", user_id="US.1")
    await scene.settled()
    scene.topic.gate.clear()
    scene.hears("", "Rex", user_id="US.1", hours=71, shard=1)
    scene.at(hours=73)
    waits = [await core.timers.look() for _ in range(3)]
    too_early = scene.firings()
    scene.topic.gate.set()
    await scene.fires(core, 1)
    await scene.settled()

    assert waits == [True, True, True]
    assert too_early == []
    assert scene.let_go == []
    assert len(scene.whose("answer.recorded.v1")) == 1


async def test_who_falls_due_while_others_are_waited_for_has_a_wait_of_their_own(
    scene: Scene,
) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello", user_id="US.1")
    scene.hears(BEN, "hello", hours=5)
    await scene.settled()
    scene.topic.gate.clear()
    scene.hears("", "Rex", user_id="US.1", hours=71, shard=1)
    scene.at(hours=73)
    await core.timers.look()
    scene.at(hours=78)
    scene.topic.gate.set()
    await scene.settled()
    soon = await core.timers.look()
    fired = len(scene.firings())
    await scene.fires(core, 2)

    assert (soon, fired) == (True, 1)


async def test_what_fired_does_not_fire_again_while_it_waits_its_turn(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    await core.lanes.stop()
    for hour in (73, 74, 75):
        scene.at(hours=hour)
        await core.timers.look()

    assert len(scene.firings()) == 1


async def test_a_firing_that_kafka_did_not_take_is_repeated(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    scene.at(hours=73)
    scene.topic.trouble = "away"
    with pytest.raises(SourceUnavailable):
        await core.timers.look()
    scene.topic.trouble = ""
    await core.timers.look()
    await scene.settled()

    assert len(scene.firings()) == 1
    assert len(scene.let_go) == 1


async def test_whether_postgresql_answers_is_measured_also_while_nobody_writes(
    scene: Scene, eventually: Eventually
) -> None:
    def unavailable() -> float | None:
        return REGISTRY.get_sample_value("session_core_database_unavailable")

    core = await scene.begin()
    scene.store.meanwhile = Mock(side_effect=StoreUnavailable("no connection"))
    looking = asyncio.create_task(core.timers.run())
    await eventually(lambda: unavailable() == 1)
    scene.store.meanwhile = Mock()
    await eventually(lambda: unavailable() == 0)
    looking.cancel()


@pytest.mark.parametrize("trouble", ["", "unanswered"], ids=["taken over", "answer lost"])
async def test_a_firing_in_the_topic_has_its_effect_before_anybody_repeats_it(
    trouble: str, scene: Scene, eventually: Eventually
) -> None:
    former = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    await former.lanes.stop()
    scene.at(hours=73)
    scene.topic.trouble = trouble
    with suppress(SourceUnavailable):
        await former.timers.look()
    scene.topic.trouble = ""
    heir = await scene.begin(lanes=False)
    await eventually(lambda: len(heir.shards.held) == 2)
    waits = await heir.timers.look()
    await heir.lanes.start()
    await scene.settled()
    await heir.timers.look()

    assert waits
    assert len(scene.firings()) == 1
    assert len(scene.let_go) == 1


async def test_the_same_firing_read_twice_has_its_effect_once(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    scene.hears(BEN, "hello")
    scene.hears(BEN, "Rex", hours=1)
    await scene.settled()
    scene.at(hours=73)
    await core.timers.look()
    await scene.settled()
    for record in scene.topic.between(0, 3, 2):
        scene.topic.write(0, record.value, record.headers)
    await scene.settled()

    assert (len(scene.firings()), len(set(scene.firings()))) == (4, 2)
    assert len(scene.let_go) == 1
    assert scene.due_at == [NOON + timedelta(hours=73, seconds=1)]
    assert scene.topic.parked == []


async def test_a_shard_that_is_not_held_has_no_timer_fired(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    scene.hears(BEN, "hello", shard=1)
    await scene.settled()
    scene.at(hours=73)
    core.shards.halt(core.shards.held[1], "a person must look")
    await core.timers.look()

    assert (len(scene.firings(0)), len(scene.firings(1))) == (1, 0)


async def test_a_zombie_that_fires_once_more_lets_nobody_go_who_answered(scene: Scene) -> None:
    zombie = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    await zombie.lanes.stop()
    await scene.begin()
    scene.hears(ANA, "Rex", hours=72)
    await scene.settled()
    scene.at(hours=73)
    await zombie.timers.look()
    await scene.settled()

    assert len(scene.firings()) == 1
    assert scene.let_go == []
    assert scene.due_at == [NOON + timedelta(hours=144, seconds=1)]


async def test_a_shard_lost_while_looking_has_no_timer_fired(scene: Scene) -> None:
    core = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    scene.at(hours=73)
    scene.store.meanwhile = lambda: core.shards.halt(core.shards.held[0], "a person must look")
    await core.timers.look()

    assert scene.firings() == []


async def test_a_timer_that_cannot_be_handled_is_parked_once_not_at_every_look(
    scene: Scene,
) -> None:
    first = await scene.begin()
    scene.hears(ANA, "hello")
    await scene.settled()
    await first.lanes.stop()
    scene.store.unreadable = True
    core = await scene.begin()
    scene.at(hours=73)
    await scene.fires(core, 1)
    for _ in range(3):
        await scene.settled()
        await core.timers.look()

    assert len(scene.firings()) == len(scene.topic.parked) == 1
    assert scene.due_at == [NOON + timedelta(hours=72, seconds=1)]
