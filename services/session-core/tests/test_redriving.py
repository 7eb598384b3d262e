"""What was parked can be sent again, as it was, and has its effect once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from domain.ports.command_source import Delivery, SourceUnavailable
from domain.ports.event_store import Append, ParkedCommand, ParkingPermit
from domain.ports.parked_commands import Place
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_parked_commands import MemoryParkedCommands
from session_core.app.core import Core
from session_core.use_cases.choosing import NotParked
from session_core.use_cases.dismissing import Dismisser
from session_core.use_cases.holding import MOST_PARKED, PARKED_SECONDS, ParkingLimit
from session_core.use_cases.redriving import NotWaiting, Redriver

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]
Eventually = Callable[[Callable[[], bool]], Awaitable[None]]
ANA = "15550001111"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def parked(store: MemoryEventStore) -> MemoryParkedCommands:
    return MemoryParkedCommands(store, NOON)


@pytest.fixture
def redriver(parked: MemoryParkedCommands, topic: MemoryCommands) -> Redriver:
    return Redriver(parked, topic)


async def _end(core: Core) -> None:
    await core.lanes.stop()
    await core.shards.stop()


async def _set_aside(commands: int, topic: MemoryCommands, begin: Begin, settled: Settled) -> None:
    """Have so many commands parked that nobody can read, and end whoever did it."""
    for _ in range(commands):
        topic.write(0, b"{}", [])
    core = await begin()
    await settled()
    await _end(core)


def kinds(world: MemoryEventPublisher) -> list[str]:
    return [one.event.type for one in world.published(0)]


@pytest.fixture
async def lost_flow(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    archive: MemoryFlowArchive,
    flows: dict[str, str],
    says: Says,
    begin: Begin,
    settled: Settled,
) -> Core:
    """A core that lacks the flow of Ana's session, and so had to park what she wrote."""
    topic.write(0, *says(ANA, "hello", number=1))
    first = await begin()
    await settled()
    await _end(first)
    archive.forget()
    topic.write(0, *says(ANA, "Rex", number=2))
    core = await begin(sources={"pet.yaml": flows["pet.yaml"].replace("its name", "the name")})
    await settled()
    return core


async def test_once_our_mistake_is_mended_a_redriven_message_is_answered(  # noqa: PLR0917 by name
    lost_flow: Core,
    redriver: Redriver,
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    begin: Begin,
    settled: Settled,
) -> None:
    await _end(lost_flow)
    before = kinds(world)
    await begin()

    await redriver.some([Place(0, 1)], again=False)
    await settled()

    assert "answer.recorded.v1" not in before
    assert kinds(world).count("answer.recorded.v1") == 1
    assert topic.bounds(0).end == 3


async def test_redriving_twice_answers_once(
    lost_flow: Core,
    redriver: Redriver,
    world: MemoryEventPublisher,
    begin: Begin,
    settled: Settled,
) -> None:
    await _end(lost_flow)
    await begin()

    await redriver.some([Place(0, 1)], again=False)
    await redriver.some([Place(0, 1)], again=True)
    await settled()

    assert kinds(world).count("answer.recorded.v1") == 1


async def test_what_fails_again_is_parked_again_as_another_row(
    lost_flow: Core,  # noqa: ARG001 it still lacks the flow
    redriver: Redriver,
    store: MemoryEventStore,
    settled: Settled,
) -> None:
    await redriver.every(shard=None, reason="bug")
    await settled()
    await redriver.every(shard=0, reason="")
    await settled()

    first, second, third = store.parked(0)
    assert (first.value, first.key) == (second.value, second.key) == (third.value, third.key)
    assert [one.offset for one in (first, second, third)] == [1, 2, 3]
    assert "ce_redriven" not in dict(first.headers)
    assert [dict(one.headers)["ce_redriven"] for one in (second, third)] == [b"1", b"2"]


async def test_bytes_that_nobody_can_read_are_redriven_byte_by_byte(
    redriver: Redriver, topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    odd = [("ce_id", b"\xff"), ("CE_Redriven", b"9" * 5000), ("", b"")]
    topic.write(1, None, odd, key=b"\xfe")
    await begin()
    await settled()

    await redriver.every(shard=None, reason="")

    (sent,) = topic.between(1, 1, 10)
    assert (sent.key, sent.value) == (b"\xfe", None)
    assert list(sent.headers) == [odd[0], odd[2], ("ce_redriven", b"1")]


async def test_one_that_was_redriven_is_left_alone_unless_asked_for_again(
    redriver: Redriver, topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    await _set_aside(1, topic, begin, settled)
    await redriver.every(shard=None, reason="")

    await redriver.every(shard=None, reason="")
    with pytest.raises(NotWaiting):
        await redriver.some([Place(0, 0)], again=False)

    assert topic.bounds(0).end == 2


async def test_nothing_is_sent_when_one_of_the_chosen_is_not_parked(
    redriver: Redriver, topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    topic.write(0, b"{}", [])
    await begin()
    await settled()

    with pytest.raises(NotParked):
        await redriver.some([Place(0, 0), Place(0, 7)], again=False)

    assert topic.bounds(0).end == 1


class DeafTopic:
    """Takes one command, and then nothing any more."""

    def __init__(self, topic: MemoryCommands) -> None:
        self._topic = topic
        self._taken = 0

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        if self._taken:
            raise SourceUnavailable("forwarding: no ack")
        self._taken += len(deliveries)
        await self._topic.forward(deliveries)


async def test_what_kafka_did_not_take_stays_to_be_redriven(
    parked: MemoryParkedCommands, topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    await _set_aside(3, topic, begin, settled)
    redriver = Redriver(parked, DeafTopic(topic))

    with pytest.raises(SourceUnavailable):
        await redriver.every(shard=None, reason="")
    first, *others = [await parked.line(Place(0, offset)) for offset in range(3)]

    assert redriver.sent == 1
    assert first is not None
    assert first.redriven == 1
    assert all(line is not None and line.redriven_at is None for line in others)


class StrictTopic:
    """Has everything parked again as soon as it is sent."""

    def __init__(self, topic: MemoryCommands, store: MemoryEventStore) -> None:
        self._topic = topic
        self._store = store

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        await self._topic.forward(deliveries)
        for shard, one in deliveries:
            lease = await self._store.take(shard, owner="strict")
            offset = lease.next_offset
            again = ParkedCommand(offset, "undecodable", one.key, one.value, one.headers)
            await self._store.append(
                [Append(shard, lease.epoch, offset, offset + 1, parked=[again])]
            )


async def test_all_that_wait_are_sent_once_although_they_are_parked_again_at_once(
    parked: MemoryParkedCommands,
    topic: MemoryCommands,
    store: MemoryEventStore,
    begin: Begin,
    settled: Settled,
) -> None:
    await _set_aside(3, topic, begin, settled)
    redriver = Redriver(parked, StrictTopic(topic, store))

    await redriver.every(shard=None, reason="")

    assert redriver.sent == 3
    assert len(store.parked(0)) == 6


async def test_with_leave_a_halted_shard_parks_them_all_and_goes_on(  # noqa: PLR0917 by name
    parked: MemoryParkedCommands,
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    for _ in range(MOST_PARKED + 1):
        topic.write(0, b"{}", [])
    topic.write(0, *says(ANA, "hello"))
    core = await begin()
    await eventually(lambda: "too many" in (core.ready() or ""))
    halted = REGISTRY.get_sample_value("session_core_halted_shards")
    await _end(core)

    await parked.permit(0, most=MOST_PARKED + 1, seconds=60)
    await begin()
    await settled()

    assert len(store.parked(0)) == MOST_PARKED + 1
    assert halted == 1
    assert REGISTRY.get_sample_value("session_core_halted_shards") == 0


async def test_what_was_redriven_does_not_count_towards_the_limit(  # noqa: PLR0917 by name
    redriver: Redriver,
    topic: MemoryCommands,
    store: MemoryEventStore,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    await _set_aside(MOST_PARKED, topic, begin, settled)
    await redriver.some([Place(0, offset) for offset in range(5)], again=False)

    core = await begin()
    await settled()
    topic.write(0, b"{}", [])
    await eventually(lambda: "too many" in (core.ready() or ""))

    assert len(store.parked(0)) == MOST_PARKED + 5


def test_leave_to_park_more_ends_by_itself() -> None:
    now = [0.0]
    limit = ParkingLimit(0, ParkingPermit(200, 60.0), clock=lambda: now[0])

    allowed = limit.allows(100)
    limit.note(100)
    now[0] = 61.0
    refused = limit.allows(1)
    now[0] = PARKED_SECONDS + 1

    assert (allowed, refused, limit.allows(MOST_PARKED)) == (True, False, True)


async def test_what_was_dismissed_is_left_alone_unless_asked_for(
    parked: MemoryParkedCommands,
    redriver: Redriver,
    topic: MemoryCommands,
    begin: Begin,
    settled: Settled,
) -> None:
    await _set_aside(3, topic, begin, settled)
    dismisser = Dismisser(parked)

    await dismisser.some([Place(0, 0)])
    await dismisser.every(shard=0, reason="undecodable")
    await redriver.every(shard=None, reason="")
    with pytest.raises(NotWaiting, match="dismissed"):
        await redriver.some([Place(0, 0)], again=False)
    sent = redriver.sent
    await redriver.some([Place(0, 0)], again=True)

    assert (dismisser.dismissed, sent, redriver.sent) == (1, 2, 3)


async def test_nothing_is_dismissed_when_one_of_the_chosen_is_not_parked(
    parked: MemoryParkedCommands, topic: MemoryCommands, begin: Begin, settled: Settled
) -> None:
    topic.write(0, b"{}", [])
    await begin()
    await settled()
    dismisser = Dismisser(parked)

    with pytest.raises(NotParked):
        await dismisser.some([Place(0, 0), Place(0, 7)])

    assert dismisser.dismissed == 0
