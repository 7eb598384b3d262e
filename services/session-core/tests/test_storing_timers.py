"""What every event store promises of timers: found when due, changed with their batch alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.ports.event_store import (
    Append,
    EventStore,
    NewEvent,
    Origin,
    StoreConflict,
    Timer,
    TimerKey,
)
from domain.values import NAMESPACE, CommandId, ContactId, EventId, SessionId
from session_core.adapters import append_shares, postgres_append, postgres_timers
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))


def happened(stream: UUID, version: int) -> NewEvent:
    origin = Origin(CommandId(uuid5(stream, "command")), NOON, ANA, "correlation")
    identity = EventId(uuid5(stream, str(version)))
    return NewEvent(stream, version, identity, "session.initiated.v1", b"{}", origin)


def waits(session: str, hours: int) -> Timer:
    key = TimerKey(SessionId(uuid5(NAMESPACE, session)), "session-expiry")
    return Timer(key, ANA, NOON + timedelta(hours=hours))


EVERYTHING = postgres_append.statement(
    (append_shares.CLAIM, append_shares.EVENTS, *append_shares.OTHERS)
)


class TimerStoreContract:
    """What session-core relies on. Every adapter of EventStore inherits these tests."""

    async def test_timers_that_are_due_are_found_earliest_first_in_their_shard_alone(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        await store.take(1, owner="one")
        early, late, later = waits("early", 1), waits("late", 2), waits("later", 3)
        elsewhere = waits("elsewhere", 1)
        first = Append(0, 1, 0, 1, timers=[later, early, late])
        await store.append([first, Append(1, 1, 0, 1, timers=[elsewhere])])

        due = await store.due_timers([0, 1], until=late.due_at, limit=10)

        assert due == {0: [early, late], 1: [elsewhere]}
        assert await store.due_timers([0], until=later.due_at, limit=2) == {0: [early, late]}
        assert await store.due_timers([1], until=NOON, limit=10) == {}
        assert await store.due_timers([], until=later.due_at, limit=10) == {}

    async def test_a_timer_is_set_anew_and_cleared_with_the_events_of_its_batch(
        self, store: EventStore
    ) -> None:
        await store.take(0, owner="one")
        moved, ended, never = waits("moved", 1), waits("ended", 1), waits("never", 1)
        later = waits("moved", 5)
        await store.append([Append(0, 1, 0, 1, timers=[moved, ended])])

        await store.append([Append(0, 1, 1, 2, timers=[later], cleared=[ended.key, never.key])])

        assert await store.due_timers([0], until=moved.due_at, limit=10) == {}
        assert await store.due_timers([0], until=later.due_at, limit=10) == {0: [later]}

    async def test_a_former_owner_neither_sets_nor_clears_a_timer(self, store: EventStore) -> None:
        await store.take(0, owner="zombie")
        kept, unwanted = waits("kept", 1), waits("unwanted", 1)
        await store.append([Append(0, 1, 0, 1, timers=[kept])])
        await store.take(0, owner="heir")

        await store.append([Append(0, 1, 1, 2, timers=[unwanted], cleared=[kept.key])])

        assert await store.due_timers([0], until=kept.due_at, limit=10) == {0: [kept]}

    async def test_a_conflict_leaves_timers_as_they_were(self, store: EventStore) -> None:
        await store.take(0, owner="one")
        kept, unwanted = waits("kept", 1), waits("unwanted", 1)
        known = [happened(ANA, 1)]
        await store.append([Append(0, 1, 0, 1, events=known, timers=[kept])])
        again = Append(0, 1, 1, 2, events=known, timers=[unwanted], cleared=[kept.key])

        with pytest.raises(StoreConflict):
            await store.append([again])

        assert await store.due_timers([0], until=kept.due_at, limit=10) == {0: [kept]}

    async def test_everybody_can_see_how_far_each_shard_is_read(self, store: EventStore) -> None:
        await store.provide(2)
        await store.take(1, owner="one")
        await store.append([Append(1, 1, 0, 7)])

        assert await store.next_offsets() == {0: 0, 1: 7}


class TestMemoryTimers(TimerStoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()


@pytest.mark.connected
@pytest.mark.usefixtures("way_of_appending")
class TestPostgresTimers(TimerStoreContract):
    @pytest.fixture
    def store(self, connections: Connections) -> PostgresEventStore:
        return PostgresEventStore(connections)

    async def test_no_statement_is_planned_to_read_every_timer_even_while_there_is_none(
        self, connections: Connections
    ) -> None:
        async with connections.borrow() as connection:
            await connection.execute("VACUUM ANALYZE timer")
            plans = [
                await _plan(connection, statement)
                for statement in (EVERYTHING, postgres_timers.DUE)
            ]

        assert [plan.count("Seq Scan on timer") for plan in plans] == [0, 0]
        assert [plan.count("Scan using timer_") for plan in plans] == [1, 1]


async def _plan(connection: Any, statement: str) -> str:
    """Give the plan that the server keeps for every later call."""
    await connection.execute(f"SET plan_cache_mode = force_generic_plan; PREPARE it AS {statement}")
    parameters = await connection.fetchval(
        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'it'"
    )
    nothing = ", ".join(["NULL"] * parameters)
    rows = await connection.fetch(f"EXPLAIN EXECUTE it ({nothing})")
    await connection.execute("DEALLOCATE it")
    return "\n".join(row[0] for row in rows)
