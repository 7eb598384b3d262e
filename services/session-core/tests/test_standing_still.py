"""A shard that has more to read and does not come on makes its instance unready, then ends it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from domain.ports.command_source import Delivery
from domain.ports.event_store import StoreUnavailable
from installation.site import Eventually, Says
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core
from session_core.handlers.progress import Progress
from streaming.standstill import HOPELESS_SECONDS, UNREADY_SECONDS, Standstill, StoodStill

Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]


class Deaf(MemoryCommandSource):
    """A source that delivers nothing for as long as a test wants."""

    hears = False

    async def poll(
        self,
        shards: Sequence[int],
        *,
        limit: int,
        timeout: float,  # noqa: ASYNC109 as in CommandSource
    ) -> Sequence[Delivery]:
        return await super().poll(shards, limit=limit if self.hears else 0, timeout=timeout)

    async def passed(self, shard: int) -> int | None:
        return await super().passed(shard) if self.hears else None

    async def show_progress(self, offsets: Mapping[int, int]) -> None: ...

    def lag(self, shard: int, offset: int) -> int:  # noqa: ARG002
        return 0


class Away(MemoryEventStore):
    """A store that cannot be written to."""

    async def append(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise StoreUnavailable("PostgreSQL: ConnectionRefusedError")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.standstill = Standstill(lambda: self.now)

    async def looks(self, progress: Progress, seconds: float) -> None:
        """Let the watch look every five seconds, for so long."""
        for _ in range(int(seconds / 5)):
            self.now += 5
            await progress.show()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(topic: MemoryCommands) -> Deaf:
    return Deaf(topic)


async def test_a_shard_whose_commands_are_not_delivered_is_named_until_they_are(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    source: Deaf,
    clock: Clock,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    core = await begin(source=source)
    await eventually(lambda: core.ready() is None)
    progress = Progress(source, core.shards, core.ready, clock.standstill)
    await clock.looks(progress, 1000)
    idle = progress.ready()
    topic.write(1, *says("15550001111", "hello"))
    await clock.looks(progress, UNREADY_SECONDS + 10)
    stuck = progress.ready()
    source.hears = True
    await settled()
    await clock.looks(progress, 5)

    assert idle is None
    assert stuck == "nothing was read of partition 1 for 35 s: there is more"
    assert progress.ready() is None


async def test_after_a_long_standstill_the_process_ends_to_be_restarted(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    source: Deaf,
    clock: Clock,
    says: Says,
    begin: Begin,
    eventually: Eventually,
) -> None:
    core = await begin(source=source)
    await eventually(lambda: core.ready() is None)
    progress = Progress(source, core.shards, core.ready, clock.standstill)
    topic.write(1, *says("15550001111", "hello"))
    await clock.looks(progress, HOPELESS_SECONDS + 10)

    with pytest.raises(StoodStill):
        clock.standstill.check()


async def test_shards_that_wait_for_the_database_are_no_reason_to_restart(
    topic: MemoryCommands, clock: Clock, says: Says, begin: Begin, eventually: Eventually
) -> None:
    source = Deaf(topic)
    source.hears = True
    core = await begin(source=source, store=Away())
    await eventually(lambda: core.ready() is None)
    topic.write(1, *says("15550001111", "hello"))
    await eventually(lambda: "PostgreSQL" in (core.ready() or ""))
    progress = Progress(source, core.shards, core.ready, clock.standstill)
    await clock.looks(progress, HOPELESS_SECONDS + 10)

    assert progress.ready() is None
    clock.standstill.check()
