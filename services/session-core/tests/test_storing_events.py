"""What every event store promises: one owner, one order, nothing twice, all or nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.ports.event_store import (
    AliasKey,
    Append,
    EventStore,
    FreedAlias,
    History,
    MovedAlias,
    NewAlias,
    NewEvent,
    NewSession,
    Origin,
    ParkedCommand,
    Snapshot,
    SpilledCommand,
    StoreConflict,
    StoreRefused,
)
from domain.values import NAMESPACE, CommandId, ContactId, EventId, SessionId
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))
BEN = ContactId(uuid5(NAMESPACE, "ben"))
TALK = SessionId(uuid5(NAMESPACE, "talk"))
LATER_TALK = SessionId(uuid5(NAMESPACE, "later talk"))
ANAS_PHONE = AliasKey("106540352242922", "wa:15550001111")
ANAS_USER_ID = AliasKey("106540352242922", "bsuid:US.1")


def happened(stream: UUID, version: int, who: ContactId = ANA) -> NewEvent:
    origin = Origin(
        CommandId(uuid5(stream, f"command-{version}")), NOON, who, "correlation", "00-trace-01"
    )
    identity = EventId(uuid5(stream, str(version)))
    return NewEvent(stream, version, identity, "session.initiated.v1", b'{"flow":"pet"}', origin)


def begun(who: ContactId, name: AliasKey, *, shard: int = 0, offset: int = 0) -> Append:
    return Append(
        shard=shard,
        epoch=1,
        offset=offset,
        next_offset=offset + 1,
        events=[happened(who, 1, who)],
        aliases=[NewAlias(name, who)],
    )


def talking(talk: SessionId, version: int, *, offset: int, shard: int = 0) -> Append:
    opened = [NewSession(talk, ANA, NOON, 1)]
    events = [happened(talk, version)]
    return Append(shard, 1, offset, offset + 1, events=events, sessions=opened)


def snapshot(sequence: int, versions: dict[UUID, int]) -> Snapshot:
    return Snapshot(ANA, 0, sequence, "now", versions, b'{"name":"Ana"}')


def told(history: History) -> list[NewEvent]:
    return [one.event for one in history.events]


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

    async def test_two_shards_that_meet_a_new_person_cannot_both_keep_them(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.take(1, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])

        with pytest.raises(StoreConflict):
            await store.append([begun(BEN, ANAS_PHONE, shard=1)])

        assert (await store.load([ANAS_PHONE], [])).people[ANA].shard == 0

    async def test_one_more_name_that_somebody_took_is_a_conflict_and_stays_theirs(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.append([begun(BEN, ANAS_USER_ID, offset=1)])
        joins = [NewAlias(ANAS_USER_ID, ANA)]

        with pytest.raises(StoreConflict):
            await store.append([Append(0, 1, 2, 3, events=[happened(ANA, 2)], aliases=joins)])

        assert len(await store.read(0, after=0, limit=10)) == 2
        assert (await store.load([ANAS_PHONE, ANAS_USER_ID], [])).names == {
            ANAS_PHONE: ANA,
            ANAS_USER_ID: BEN,
        }

    async def test_a_name_passes_to_another_contact_as_part_of_the_append(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.append([begun(BEN, ANAS_USER_ID, offset=1)])
        passes = [MovedAlias(ANAS_USER_ID, BEN, ANA, 0)]

        await store.append([Append(0, 1, 2, 3, events=[happened(ANA, 2)], moved=passes)])

        found = await store.load([ANAS_PHONE, ANAS_USER_ID], [])
        assert found.names == {ANAS_PHONE: ANA, ANAS_USER_ID: ANA}
        assert len(found.people[ANA].events) == 2

    async def test_a_name_that_is_not_the_former_owners_any_more_is_a_conflict(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        passes = [MovedAlias(ANAS_PHONE, BEN, BEN, 0)]

        with pytest.raises(StoreConflict):
            await store.append([Append(0, 1, 1, 2, events=[happened(ANA, 2)], moved=passes)])

        assert len(await store.read(0, after=0, limit=10)) == 1
        assert (await store.load([ANAS_PHONE], [])).names == {ANAS_PHONE: ANA}

    async def test_a_name_that_is_nobodys_cannot_pass_on(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        passes = [MovedAlias(ANAS_USER_ID, BEN, ANA, 0)]

        with pytest.raises(StoreConflict):
            await store.append([Append(0, 1, 1, 2, moved=passes)])

        assert (await store.load([ANAS_USER_ID], [])).names == {}

    async def test_a_name_given_up_is_free_for_whoever_comes_next(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        gives_up = [FreedAlias(ANAS_PHONE, ANA)]
        await store.append([Append(0, 1, 1, 2, events=[happened(ANA, 2)], freed=gives_up)])
        free = await store.load([ANAS_PHONE], [])

        await store.append([begun(BEN, ANAS_PHONE, offset=2)])

        assert free.names == {}
        assert (await store.load([ANAS_PHONE], [])).names == {ANAS_PHONE: BEN}

    async def test_nobody_gives_up_a_name_of_somebody_else(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])

        await store.append([Append(0, 1, 1, 2, freed=[FreedAlias(ANAS_PHONE, BEN)])])

        assert (await store.load([ANAS_PHONE], [])).names == {ANAS_PHONE: ANA}

    async def test_a_former_owner_of_the_shard_moves_no_name(self, store: EventStore) -> None:
        await store.take(0, owner="zombie")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.take(0, owner="heir")
        passes = [MovedAlias(ANAS_PHONE, ANA, BEN, 0)]

        await store.append([Append(0, 1, 1, 2, moved=passes)])
        await store.append([Append(0, 1, 1, 2, freed=[FreedAlias(ANAS_PHONE, ANA)])])

        assert (await store.load([ANAS_PHONE], [])).names == {ANAS_PHONE: ANA}

    async def test_people_are_loaded_with_their_sessions_in_the_order_of_the_shard(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        talk = [happened(TALK, 1), happened(ANA, 2), happened(TALK, 2)]
        opened = [NewSession(TALK, ANA, NOON, 1)]
        await store.append([Append(0, 1, 1, 2, events=talk, sessions=opened)])

        by_name = await store.load([ANAS_PHONE, ANAS_USER_ID], [])
        by_id = await store.load([], [ANA, BEN])

        assert by_name.names == {ANAS_PHONE: ANA}
        assert by_id.people == by_name.people
        assert told(by_name.people[ANA]) == [happened(ANA, 1), *talk]

    async def test_after_a_snapshot_only_what_is_new_is_told(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.append([talking(TALK, 1, offset=1)])
        await store.keep_snapshots([snapshot(2, {ANA: 1, TALK: 1})])
        await store.append([Append(0, 1, 2, 3, events=[happened(TALK, 2), happened(ANA, 2)])])
        await store.append([talking(LATER_TALK, 1, offset=3)])

        since = (await store.load([ANAS_PHONE], [], form="now")).people[ANA]
        whole = (await store.load([ANAS_PHONE], [], form="another")).people[ANA]

        assert since.snapshot == snapshot(2, {ANA: 1, TALK: 1})
        assert told(since) == [happened(TALK, 2), happened(ANA, 2), happened(LATER_TALK, 1)]
        assert whole.snapshot is None
        assert told(whole) == [happened(ANA, 1), happened(TALK, 1), *told(since)]

    async def test_a_session_that_a_snapshot_does_not_tell_of_is_told_when_asked_for(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.append([talking(TALK, 1, offset=1)])
        await store.keep_snapshots([snapshot(2, {ANA: 1})])
        await store.append([begun(BEN, ANAS_USER_ID, offset=2)])

        unasked = await store.load([ANAS_PHONE], [], form="now")
        asked_for = await store.load([ANAS_PHONE], [BEN], [TALK, LATER_TALK], form="now")

        assert told(unasked.people[ANA]) == []
        assert told(asked_for.people[ANA]) == [happened(TALK, 1)]
        assert told(asked_for.people[BEN]) == [happened(BEN, 1, BEN)]

    async def test_an_older_snapshot_never_replaces_a_newer_one(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.keep_snapshots([snapshot(7, {ANA: 5})])

        await store.keep_snapshots([snapshot(3, {ANA: 2})])

        history = (await store.load([], [ANA], form="now")).people[ANA]
        assert history.snapshot == snapshot(7, {ANA: 5})

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
class TestPostgresEventStore(EventStoreContract):
    @pytest.fixture
    def store(self, connections: Connections) -> PostgresEventStore:
        return PostgresEventStore(connections)

    @pytest.mark.parametrize(
        "name", ["\x00", "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))], ids=["a NUL", "long"]
    )
    async def test_a_name_that_no_index_can_hold_is_refused_not_waited_for(
        self, store: PostgresEventStore, name: str
    ) -> None:
        await store.take(0, owner="one")

        with pytest.raises(StoreRefused):
            await store.append([begun(ANA, AliasKey("1", name))])

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


async def _until_somebody_waits(connection: Any, how_many: int = 1) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(200):
        if await connection.fetchval(query) >= how_many:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")
