"""What every event store promises of histories: told in order, and since a snapshot."""

from uuid import UUID

import pytest

from domain.ports.event_store import Append, EventStore, NewEvent, NewSession, PastEvent, Snapshot
from installation.appends import (
    ANA,
    ANAS_PHONE,
    ANAS_USER_ID,
    BEN,
    LATER_TALK,
    NOON,
    TALK,
    begun,
    happened,
    talking,
)
from session_core.adapters import postgres_load
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore


def snapshot(sequence: int, versions: dict[UUID, int]) -> Snapshot:
    return Snapshot(ANA, 0, sequence, "now", versions, b'{"name":"Ana"}')


def past(first: int, *happened: NewEvent) -> list[PastEvent]:
    return [PastEvent.of(number, event) for number, event in enumerate(happened, start=first)]


class HistoryStoreContract:
    """What session-core relies on. Every adapter of EventStore inherits these tests."""

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
        assert by_name.people[ANA].events == past(1, happened(ANA, 1), *talk)

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
        assert since.events == past(3, happened(TALK, 2), happened(ANA, 2), happened(LATER_TALK, 1))
        assert whole.snapshot is None
        assert whole.events == [*past(1, happened(ANA, 1), happened(TALK, 1)), *since.events]

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

        assert unasked.people[ANA].events == []
        assert asked_for.people[ANA].events == past(2, happened(TALK, 1))
        assert asked_for.people[BEN].events == past(3, happened(BEN, 1, BEN))

    async def test_an_older_snapshot_never_replaces_a_newer_one(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.keep_snapshots([snapshot(7, {ANA: 5})])

        await store.keep_snapshots([snapshot(3, {ANA: 2})])

        history = (await store.load([], [ANA], form="now")).people[ANA]
        assert history.snapshot == snapshot(7, {ANA: 5})


class TestMemoryEventStore(HistoryStoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()


@pytest.mark.connected
@pytest.mark.usefixtures("way_of_appending")
class TestPostgresEventStore(HistoryStoreContract):
    @pytest.fixture
    def store(self, connections: Connections) -> PostgresEventStore:
        return PostgresEventStore(connections)

    async def test_names_and_sessions_are_looked_up_without_reading_their_tables(
        self, connections: Connections, store: PostgresEventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        await store.append([talking(TALK, 1, offset=1)])
        async with connections.borrow() as connection:
            for table in ("alias", "session"):
                await connection.execute(f"VACUUM ANALYZE {table}")
            plan = await connection.fetch(
                f"EXPLAIN {postgres_load.STATEMENT}", ["1"], ["wa:1"], [ANA], [TALK], "now"
            )

        written = "\n".join(row[0] for row in plan)
        assert "Index Only Scan using alias_pkey" in written
        assert "Index Only Scan using session_of_contact" in written
