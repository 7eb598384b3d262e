"""What every event store promises of names: each is one person's, and passes on whole."""

import pytest

from domain.ports.event_store import (
    AliasKey,
    Append,
    EventStore,
    FreedAlias,
    MovedAlias,
    NewAlias,
    StoreConflict,
    StoreRefused,
)
from installation.appends import ANA, ANAS_PHONE, ANAS_USER_ID, BEN, begun, happened
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore


class NameStoreContract:
    """What session-core relies on. Every adapter of EventStore inherits these tests."""

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

    async def test_a_name_is_given_up_only_by_whose_it_was_before_the_append(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.append([begun(ANA, ANAS_PHONE)])
        taken, gives_up = NewAlias(ANAS_USER_ID, ANA), FreedAlias(ANAS_USER_ID, ANA)
        passes, passed_on = MovedAlias(ANAS_PHONE, ANA, BEN, 0), FreedAlias(ANAS_PHONE, BEN)

        await store.append([Append(0, 1, 1, 2, aliases=[taken], freed=[gives_up])])
        await store.append([Append(0, 1, 2, 3, moved=[passes], freed=[passed_on])])

        found = await store.load([ANAS_PHONE, ANAS_USER_ID], [])
        assert found.names == {ANAS_PHONE: BEN, ANAS_USER_ID: ANA}

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


class TestMemoryEventStore(NameStoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()


@pytest.mark.connected
@pytest.mark.usefixtures("way_of_appending")
class TestPostgresEventStore(NameStoreContract):
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
