"""Marks of transactions and records that were taken back: each shard is read beyond them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.events import SessionExpired
from installation.people import PHONE, Begin, Says, Settled, of_type, stored
from installation.stores import HesitantStore
from session_core.adapters.memory_commands import MemoryCommands

Eventually = Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store() -> HesitantStore:
    return HesitantStore([])


async def test_a_timer_does_not_wait_for_a_partition_that_ends_with_such_a_mark(  # noqa: PLR0917 by name
    topic: MemoryCommands,
    store: HesitantStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    now = NOON
    core = await begin(clock=lambda: now)
    topic.write(0, *says(PHONE, "hello"))
    topic.mark(0)
    topic.mark(1)
    await settled()
    now += timedelta(hours=73)

    async def let_go() -> bool:
        await core.timers.look()
        return bool(of_type(await stored(store), SessionExpired))

    await eventually(let_go)


async def test_what_comes_behind_such_a_mark_has_its_effect_once(
    topic: MemoryCommands, store: HesitantStore, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin()
    topic.mark(0)
    await settled()
    topic.write(0, *says(PHONE, "hello", number=1))
    topic.mark(0)
    topic.mark(0)
    topic.write(0, *says(PHONE, "Rex", number=2))
    topic.mark(0)
    await settled()

    assert store.next_offset(0) == 6
    assert core.shards.held[0].next_offset == 6
    assert len([one for one in await stored(store) if one.event.type == "message.received.v1"]) == 2


@pytest.mark.parametrize("trouble", ["store-down", "unanswered-lost", "unanswered-written"])
async def test_a_store_that_does_not_answer_to_that_is_asked_again(  # noqa: PLR0917 by name
    trouble: str,
    topic: MemoryCommands,
    store: HesitantStore,
    says: Says,
    begin: Begin,
    settled: Settled,
    eventually: Eventually,
) -> None:
    core = await begin()
    await eventually(lambda: len(core.shards.held) == 2)
    store.troubles.append(trouble)
    topic.mark(1)
    await settled()
    topic.write(1, *says(PHONE, "hello"))
    await settled()

    await eventually(lambda: core.ready() is None)
    assert store.troubles == []


async def test_whoever_is_not_the_owner_any_more_moves_nothing(
    topic: MemoryCommands, store: HesitantStore, begin: Begin, eventually: Eventually
) -> None:
    zombie = await begin()
    await eventually(lambda: len(zombie.shards.held) == 2)
    await store.take(0, owner="heir")

    topic.mark(0)

    await eventually(lambda: 0 not in zombie.shards.held)
    assert store.next_offset(0) == 0
    assert (zombie.ready() or "").startswith("shard 0: its epoch or offset moved on")
