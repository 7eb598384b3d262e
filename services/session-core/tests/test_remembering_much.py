"""People with a long history: known again quickly, and no repeat of theirs counts twice."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from domain.ports.event_store import AliasKey, Histories, Snapshot, StoreUnavailable
from domain.session.seen import GENERATION, MOST_OLDER
from session_core.adapters.memory_commands import MemoryCommands
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.app.core import Core, Sizes
from session_core.use_cases import recollection
from session_core.use_cases.recalling import recall
from session_core.use_cases.snapshots import FORM, LONG_HISTORY

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Begin = Callable[..., Awaitable[Core]]
Settled = Callable[[], Awaitable[None]]

NUMBER = "106540352242922"
ANA = "15550001111"
ANAS_NAME = AliasKey(NUMBER, f"wa:{ANA}")
MORE_THAN_REMEMBERED = GENERATION * (MOST_OLDER + 2)


class StoreWithoutSnapshots(MemoryEventStore):
    """Takes everything but snapshots."""

    refused = 0

    async def keep_snapshots(self, _: Sequence[Snapshot]) -> None:
        self.refused += 1
        raise StoreUnavailable("ConnectionRefusedError")


class CountingStore(MemoryEventStore):
    """Remembers how many names it was asked for at once, at most."""

    most = 0

    async def load(self, names: Sequence[AliasKey], *others: Any, **more: Any) -> Histories:
        self.most = max(self.most, len(names))
        return await super().load(names, *others, **more)


def received(world: MemoryEventPublisher) -> int:
    types = [one.event.type for one in world.published(0)]
    return types.count("message.received.v1")


def write(topic: MemoryCommands, says: Says, numbers: range) -> None:
    for number in numbers:
        topic.write(0, *says(ANA, f"word {number}", number=number))


async def test_a_long_history_is_known_again_from_its_snapshot_and_equals_the_whole(
    topic: MemoryCommands, store: MemoryEventStore, says: Says, begin: Begin, settled: Settled
) -> None:
    core = await begin(sizes=Sizes(batch_commands=7))
    write(topic, says, range(1, 60))
    await settled()
    await core.album.keep()
    write(topic, says, range(60, 65))
    await settled()

    short = (await store.load([ANAS_NAME], [], form=FORM)).people
    whole = (await store.load([ANAS_NAME], [])).people
    (contact,) = whole
    in_use = core.shards.held[0].people.get(contact)
    assert len(short[contact].events) <= LONG_HISTORY < len(whole[contact].events)
    assert in_use is not None
    assert recall(short[contact]).person == recall(whole[contact]).person == in_use.person
    assert recall(short[contact]).versions == recall(whole[contact]).versions == in_use.versions


async def test_a_snapshot_that_cannot_be_read_costs_a_replay_and_nothing_else(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    core = await begin()
    write(topic, says, range(1, 4))
    await settled()
    await core.lanes.stop()
    await core.shards.stop()
    (contact,) = (await store.load([ANAS_NAME], [])).people
    torn = Snapshot(contact, 0, 3, FORM, {contact: 1}, b'{"contact":')
    await store.keep_snapshots([torn])

    await begin()
    write(topic, says, range(1, 6))
    await settled()

    assert received(world) == 5


async def test_a_repeat_of_somebody_who_sent_more_than_is_remembered_counts_once(
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    settled: Settled,
) -> None:
    core = await begin()
    write(topic, says, range(1, MORE_THAN_REMEMBERED))
    await settled()
    write(topic, says, range(1, 3))
    await settled()
    await core.album.keep()
    await core.lanes.stop()
    await core.shards.stop()

    await begin()
    write(topic, says, range(1, 3))
    write(topic, says, range(MORE_THAN_REMEMBERED, MORE_THAN_REMEMBERED + 1))
    await settled()

    assert received(world) == MORE_THAN_REMEMBERED


async def test_snapshots_that_the_store_does_not_take_stop_nobody(
    topic: MemoryCommands, says: Says, begin: Begin, eventually: Callable[..., Awaitable[None]]
) -> None:
    store = StoreWithoutSnapshots()
    core = await begin(store=store)
    write(topic, says, range(1, 60))
    await eventually(lambda: store.next_offset(0) == 59)
    await core.album.keep()

    assert store.refused == 1
    assert core.ready() is None


async def test_many_who_come_back_at_once_are_asked_for_in_portions_and_all_known_again(  # noqa: PLR0917 fixtures come by name
    topic: MemoryCommands,
    world: MemoryEventPublisher,
    says: Says,
    begin: Begin,
    eventually: Callable[..., Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recollection, "MOST_ASKED", 2)
    store, people = CountingStore(), [f"1555000222{one}" for one in range(5)]
    core = await begin(store=store)
    for person in people:
        topic.write(0, *says(person, "hello"))
    await eventually(lambda: store.next_offset(0) == 5)
    await core.lanes.stop()
    await core.shards.stop()

    await begin(store=store)
    for person in people:
        topic.write(0, *says(person, "it is me again", number=2))
    await eventually(lambda: received(world) == 10)

    contacts = {one.event.origin.contact_id for one in world.published(0)}
    assert len(contacts) == 5
    assert store.most == 2
