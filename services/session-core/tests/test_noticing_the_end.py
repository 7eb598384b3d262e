"""An instance that cannot work any more says so, and does not stand in the way of others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from domain.ports.command_source import Bounds, Delivery, SourceUnavailable
from installation.site import Eventually, Says
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core

Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]


class CutOff(MemoryCommandSource):
    """A source that Kafka does not answer."""

    async def bounds(self, shard: int) -> Bounds:  # noqa: ARG002
        raise SourceUnavailable("no offsets: KafkaConnectionError")


class Broken(MemoryCommandSource):
    """A source that ends in a way nobody thought of."""

    def __init__(self, topic: MemoryCommands, error: BaseException) -> None:
        super().__init__(topic)
        self._error = error

    async def poll(
        self,
        shards: Sequence[int],  # noqa: ARG002
        *,
        limit: int,  # noqa: ARG002
        timeout: float,  # noqa: ARG002, ASYNC109 as in CommandSource
    ) -> Sequence[Delivery]:
        raise self._error


async def test_whoever_is_cut_off_from_kafka_takes_no_shard_from_those_who_are_not(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    owner = await begin()
    await eventually(lambda: len(owner.shards.held) == 2)
    cut_off = await begin(source=CutOff(topic))
    await eventually(lambda: "KafkaConnectionError" in (cut_off.ready() or ""))

    topic.write(0, *says("15550001111", "hello"))
    await settled()

    assert [await store.epoch(shard) for shard in (0, 1)] == [1, 1]
    assert owner.ready() is None


async def test_a_topic_that_ends_before_our_offset_is_another_one_and_halts_the_shard(
    topic: MemoryCommands, says: Says, begin: Begin, settled: Settled, eventually: Eventually
) -> None:
    await begin()
    topic.write(0, *says("15550001111", "hello"))
    await settled()

    core = await begin(source=MemoryCommandSource(MemoryCommands(2)), shards=(0,))

    await eventually(lambda: "offset 1 is outside the log" in (core.ready() or ""))
    assert core.shards.held == {}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("odd"), "a lane ended: RuntimeError"),
        (asyncio.CancelledError(), "a lane ended"),
    ],
    ids=["by an error", "by being cancelled"],
)
async def test_a_lane_that_ends_by_itself_ends_the_service_with_the_reason(
    error: BaseException, told: str, topic: MemoryCommands, begin: Begin
) -> None:
    core = await begin(source=Broken(topic, error))

    async with asyncio.timeout(10):
        assert await core.lanes.died() == told


async def test_between_two_assignments_an_instance_is_not_ready(
    begin: Begin, eventually: Eventually
) -> None:
    core = await begin()
    await eventually(lambda: core.ready() is None)

    await core.shards.revoked()

    assert core.ready() == "the instances are sharing out the partitions"
    core.shards.assigned(())
    assert core.ready() is None
