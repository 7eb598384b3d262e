"""What every event store promises: one owner, one order, nothing twice, all or nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid5

import pytest

from domain.ports.event_store import (
    Append,
    AppendUnanswered,
    EventStore,
    NewSession,
    ParkedCommand,
    SpilledCommand,
    StoreConflict,
    StoreRefused,
)
from domain.values import CommandId
from installation.appends import ANA, ANAS_PHONE, ANAS_USER_ID, BEN, NOON, TALK, begun, happened
from session_core.adapters import postgres_append
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_taking import HELD_SECONDS

BUSY_SECONDS = 10
"""Allowed on top of a limit: the machine has other things to do."""


class EventStoreContract:
    """What session-core relies on. Every adapter inherits these tests."""

    async def test_taking_a_shard_says_where_the_last_owner_stopped(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])

        lease = await store.take(0, owner="two")

        assert (lease.epoch, lease.next_offset, lease.last_sequence) == (2, 1, 1)
        assert await store.epoch(0) == 2

    async def test_events_are_numbered_densely_and_read_back_unchanged(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        events = [happened(ANA, 1), happened(TALK, 1), happened(TALK, 2)]

        bases = await store.append([Append(0, 1, 0, 3, events=events)])
        more = await store.append([Append(0, 1, 3, 4, events=[happened(TALK, 3)])])
        read = await store.read(0, after=0, limit=10)

        assert (bases, more) == ({0: 0}, {0: 3})
        assert [one.sequence for one in read] == [1, 2, 3, 4]
        assert [one.event for one in read] == [*events, happened(TALK, 3)]
        assert [one.sequence for one in await store.read(0, after=2, limit=1)] == [3]

    async def test_a_former_owner_writes_nothing_any_more(self, store: EventStore) -> None:
        await store.take(0, owner="zombie")
        await store.take(0, owner="heir")

        bases = await store.append([begun(ANA, ANAS_PHONE)])

        assert bases == {}
        assert await store.read(0, after=0, limit=1) == []
        assert (await store.load([ANAS_PHONE], [])).names == {}

    async def test_the_same_append_has_its_effect_only_once(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([Append(0, 1, 0, 1)])

        assert await store.append([Append(0, 1, 0, 1, events=[happened(ANA, 1)])]) == {}
        assert await store.read(0, after=0, limit=1) == []

    async def test_shards_still_owned_are_written_beside_one_that_is_not(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.take(1, owner="one")
        await store.take(1, owner="other")
        lost = Append(1, 1, 0, 1, events=[happened(BEN, 1, BEN)])

        bases = await store.append([begun(ANA, ANAS_PHONE), lost])

        assert bases == {0: 0}
        assert await store.read(1, after=0, limit=1) == []

    async def test_a_version_that_exists_is_a_conflict_and_nothing_is_written(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([Append(0, 1, 0, 1, events=[happened(ANA, 1)])])
        fresh = [happened(TALK, 1), happened(ANA, 1)]

        with pytest.raises(StoreConflict):
            await store.append([Append(0, 1, 1, 2, events=fresh)])

        assert len(await store.read(0, after=0, limit=10)) == 1
        assert (await store.take(0, owner="one")).next_offset == 1

    async def test_spilled_commands_are_known_until_they_are_forgotten(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        old, new, other = (CommandId(uuid5(ANA, name)) for name in ("old", "new", "other"))
        spilled = [SpilledCommand(old, NOON), SpilledCommand(new, NOON + timedelta(hours=1))]
        await store.append([Append(0, 1, 0, 1, spilled=spilled)])

        before = await store.spilled([old, new, other])
        forgotten = await store.forget_spilled(NOON + timedelta(minutes=1))

        assert set(before) == {old, new}
        assert forgotten == 1
        assert set(await store.spilled([old, new, other])) == {new}

    async def test_parked_commands_count_for_whoever_takes_the_shard(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        headers = [("ce_id", b"\xff"), ("empty", b"")]
        parked = [ParkedCommand(4, "undecodable", None, b"\x00\xff", headers)]

        await store.append([Append(0, 1, 0, 5, parked=parked)])

        assert (await store.take(0, owner="two")).parked_lately == 1

    async def test_how_far_it_is_published_is_only_noted_for_the_owner(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.take(0, owner="two")

        await store.record_published(0, epoch=1, sequence=9)
        await store.record_published(0, epoch=2, sequence=7)
        await store.append([Append(0, 2, 0, 1, published_sequence=5)])

        assert (await store.take(0, owner="three")).published_sequence == 7

    async def test_the_number_of_shards_is_settled_once(self, store: EventStore) -> None:
        assert await store.provide(6) == 6
        assert await store.provide(12) == 6


class TestMemoryEventStore(EventStoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()


@pytest.mark.connected
@pytest.mark.usefixtures("way_of_appending")
class TestPostgresEventStore(EventStoreContract):
    @pytest.fixture
    def store(self, connections: Connections) -> PostgresEventStore:
        return PostgresEventStore(connections)

    async def test_a_time_that_no_database_knows_is_refused_not_waited_for(
        self, store: PostgresEventStore
    ) -> None:
        await store.take(0, owner="one")
        never = datetime.fromisoformat("9999-12-31T23:59:59-14:00")
        opened = [NewSession(TALK, ANA, never, number=1)]

        with pytest.raises(StoreRefused):
            await store.append([Append(0, 1, 0, 1, events=[happened(TALK, 1)], sessions=opened)])

    async def test_taking_a_shard_waits_for_an_append_under_way_and_sees_it(
        self, store: PostgresEventStore, connections: Connections
    ) -> None:
        await store.take(0, owner="one")
        async with connections.borrow() as other:
            rival = other.transaction()
            await rival.start()
            await other.execute(
                "INSERT INTO alias VALUES ($1, $2, $3, 1)",
                ANAS_PHONE.phone_number_id,
                ANAS_PHONE.name,
                BEN,
            )
            appending = asyncio.create_task(store.append([begun(ANA, ANAS_PHONE)]))
            await _until_somebody_waits(other)
            taking = asyncio.create_task(store.take(0, owner="two"))
            await _until_somebody_waits(other, how_many=2)
            await rival.rollback()

        assert await appending == {0: 0}
        assert (await taking).next_offset == 1

    async def test_a_shard_held_up_by_a_lock_does_not_hold_up_the_others(
        self, store: PostgresEventStore, connections: Connections
    ) -> None:
        await store.take(0, owner="one")
        await store.take(1, owner="one")
        async with connections.borrow() as other, other.transaction():
            await other.execute("SELECT FROM shard WHERE shard = 0 FOR UPDATE")
            held_up = asyncio.create_task(store.append([begun(ANA, ANAS_PHONE)]))
            await _until_somebody_waits(other)

            assert await store.append([begun(BEN, ANAS_USER_ID, shard=1)]) == {1: 0}
            assert await store.read(0, after=0, limit=1) == []

        assert await held_up == {0: 0}


@dataclass(frozen=True)
class Freeze:
    """Holds an append up in the middle, as a stopped process would."""

    begins: asyncio.Event = field(default_factory=asyncio.Event)
    ends: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self) -> None:
        self.begins.set()
        await self.ends.wait()


@pytest.fixture(params=["while it sends its events", "before it commits"])
def freeze(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Freeze:
    freeze, write, rows = Freeze(), postgres_append.by_copy, postgres_append.rows_of

    async def held_up_rows(*what: Any) -> AsyncIterator[Any]:
        await freeze.hold()
        for row in rows(*what):
            yield row

    async def held_up_write(*what: Any) -> Any:
        bases = await write(*what)
        await freeze.hold()
        return bases

    monkeypatch.setattr(postgres_append, "COPIED_FROM", 1)
    if request.param == "before it commits":
        monkeypatch.setattr(postgres_append, "by_copy", held_up_write)
    else:
        monkeypatch.setattr(postgres_append, "rows_of", held_up_rows)
    return freeze


@pytest.mark.connected
async def test_an_owner_who_froze_within_an_append_is_succeeded_soon_and_leaves_no_trace(
    connections: Connections, freeze: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PostgresEventStore(connections)
    await store.take(0, owner="zombie")
    append = asyncio.create_task(store.append([begun(ANA, ANAS_PHONE)]))
    await freeze.begins.wait()

    before = monotonic()
    lease = await store.take(0, owner="heir")
    waited = monotonic() - before
    freeze.ends.set()

    assert (lease.epoch, lease.next_offset, lease.last_sequence) == (2, 0, 0)
    with pytest.raises(AppendUnanswered):
        await append
    assert await store.append([begun(ANA, ANAS_PHONE)]) == {}
    monkeypatch.undo()
    assert await store.read(0, after=0, limit=1) == []
    assert (await store.load([ANAS_PHONE], [])).names == {}
    assert await store.append([replace(begun(ANA, ANAS_PHONE), epoch=2)]) == {0: 0}
    assert waited < HELD_SECONDS + BUSY_SECONDS


async def _until_somebody_waits(connection: Any, how_many: int = 1) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(60):
        while await connection.fetchval(query) < how_many:  # noqa: ASYNC110 it can only be asked
            await asyncio.sleep(0.01)
