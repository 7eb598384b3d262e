"""A store restored from a backup gets back what readers were told, or halts; it never differs."""

from collections.abc import Awaitable, Callable
from copy import deepcopy

import pytest

from domain.ports.event_store import RecordedEvent
from installation.site import Eventually, Says
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core, Sizes

Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]
ANA, BEA = "15550001111", "15550002222"
TALK = ("hello", "Rex", "dog")
SHARDS = (0, 1)


@pytest.fixture
def talk(topic: MemoryCommands, says: Says) -> Callable[[], None]:
    """Let two people have a whole conversation, each on a partition of their own."""

    def write() -> None:
        for shard, person in zip(SHARDS, (ANA, BEA), strict=True):
            for number, text in enumerate(TALK, start=1):
                topic.write(shard, *says(person, text, number=number))

    return write


async def ended(core: Core) -> None:
    await core.lanes.stop()
    await core.shards.stop()


async def events(store: MemoryEventStore) -> list[list[RecordedEvent]]:
    return [list(await store.read(shard, after=0, limit=1000)) for shard in SHARDS]


def told(world: MemoryEventPublisher) -> list[list[RecordedEvent]]:
    return [list(world.published(shard)) for shard in SHARDS]


@pytest.mark.parametrize("batch", [1, 2, 500])
async def test_what_a_restored_store_lacks_is_decided_again_and_told_to_nobody_twice(  # noqa: PLR0917 fixtures come by name
    batch: int,
    topic: MemoryCommands,
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    talk: Callable[[], None],
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    topic.write(0, *says(ANA, "before the backup", number=99))
    first = await begin()
    await settled()
    backup = deepcopy(store)
    talk()
    await settled()
    await ended(first)
    before, seen = await events(store), told(world)
    restored = await begin(store=backup, sizes=Sizes(batch_commands=batch))

    async def has_all() -> bool:
        return await events(backup) == before

    await eventually(has_all)
    await eventually(lambda: restored.ready() is None)
    again = told(world)
    topic.write(0, *says(ANA, "hello again", number=100))
    await eventually(lambda: len(world.published(0)) > len(seen[0]))

    assert again == seen
    assert await events(backup) == told(world)


async def test_where_something_else_would_be_decided_now_the_shard_halts_before_it_is_stored(  # noqa: PLR0917 fixtures come by name
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    flows: dict[str, str],
    talk: Callable[[], None],
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    first = await begin()
    backup = deepcopy(store)
    talk()
    await settled()
    await ended(first)
    seen = told(world)
    changed = {"pet.yaml": flows["pet.yaml"].replace("What is its name?", "Its name, please?")}
    core = await begin(store=backup, sources=changed)

    await eventually(lambda: "is published and would be another one now" in (core.ready() or ""))
    await eventually(lambda: core.shards.held == {})

    assert "event 2 " in (core.ready() or "")
    assert await events(backup) == [[], []]
    assert told(world) == seen


async def test_a_store_whose_commands_are_gone_halts_with_what_it_lacks(  # noqa: PLR0917 fixtures come by name
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    says: Says,
    talk: Callable[[], None],
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    first = await begin()
    backup = deepcopy(store)
    talk()
    await settled()
    await ended(first)
    seen = told(world)
    fewer = MemoryCommands(2)
    fewer.write(0, *says(ANA, TALK[0], number=1))
    core = await begin(store=backup, source=_of(fewer), dispatch=fewer)

    await eventually(lambda: "is published but the store ends at" in (core.ready() or ""))
    await eventually(lambda: core.shards.held == {})
    kept = await events(backup)

    assert told(world) == seen
    assert [seen[0][: len(kept[0])], []] == kept
    assert 0 < len(kept[0]) < len(seen[0])


async def test_until_everything_is_decided_again_the_instance_is_not_ready(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    talk: Callable[[], None],
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    first = await begin()
    backup = deepcopy(store)
    talk()
    await settled()
    await ended(first)
    core = await begin(store=backup, lanes=False)

    await eventually(lambda: len(core.shards.held) == len(SHARDS))
    told_first = core.ready()
    await core.lanes.start()
    await eventually(lambda: core.ready() is None)

    assert (told_first or "").startswith("shard 0: ")
    assert "that readers were told, still to be decided again" in (told_first or "")
    assert topic.bounds(0).end == len(TALK)


def _of(topic: MemoryCommands) -> MemoryCommandSource:
    return MemoryCommandSource(topic)
