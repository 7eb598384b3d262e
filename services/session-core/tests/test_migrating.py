"""The database comes to its shape once, however many begin at the same time."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_migrations import (
    Migration,
    MigrationChanged,
    migrate,
    missing,
    shipped,
)

META = (
    b'{"command_id":"00000000-0000-0000-0000-000000000007","time":"2026-11-23T12:00:00+00:00",'
    b'"contact_id":"00000000-0000-0000-0000-000000000009","correlation_id":"correlation"}'
)

pytestmark = pytest.mark.connected


@pytest.fixture
def empty(database: str) -> Connections:
    return Connections(database)


async def test_a_fresh_database_says_what_is_missing_and_gets_it_once(empty: Connections) -> None:
    before = await missing(empty, shipped())
    first = await migrate(empty, shipped())
    second = await migrate(empty, shipped())
    after = await missing(empty, shipped())
    await empty.close()

    assert before == first == [one.name for one in shipped()]
    assert second == after == []


async def test_two_that_migrate_at_once_do_not_disturb_each_other(empty: Connections) -> None:
    both = await asyncio.gather(migrate(empty, shipped()), migrate(empty, shipped()))
    await empty.close()

    assert sorted(map(len, both)) == [0, len(shipped())]


async def test_a_migration_edited_after_it_was_applied_is_refused(empty: Connections) -> None:
    await migrate(empty, [Migration("0001_one", "CREATE TABLE one ()")])

    with pytest.raises(MigrationChanged, match="0001_one was edited"):
        await migrate(empty, [Migration("0001_one", "CREATE TABLE two ()")])
    await empty.close()


async def test_a_database_of_a_newer_version_is_refused(empty: Connections) -> None:
    await migrate(empty, [Migration("0001_one", "SELECT 1"), Migration("0002_two", "SELECT 1")])

    with pytest.raises(MigrationChanged, match="0002_two"):
        await missing(empty, [Migration("0001_one", "SELECT 1")])
    await empty.close()


async def test_a_migration_that_fails_half_way_leaves_nothing_behind(empty: Connections) -> None:
    broken = Migration("0001_one", "CREATE TABLE one (); SELECT 1 / 0")

    with pytest.raises(Exception, match="DivisionByZero"):
        await migrate(empty, [broken])

    assert await migrate(empty, [Migration("0001_one", "CREATE TABLE one ()")]) == ["0001_one"]
    await empty.close()


async def test_sessions_that_are_open_before_there_are_timers_get_one_at_once(
    empty: Connections,
) -> None:
    opened, ended = UUID(int=1), UUID(int=2)
    begun = datetime(2026, 11, 23, 12, tzinfo=UTC)
    older = [one for one in shipped() if one.name < "0002"]
    await migrate(empty, older)
    async with empty.borrow() as connection:
        for number, session in enumerate((opened, ended), start=1):
            await connection.execute(
                "INSERT INTO session VALUES ($1, $2, 3, $3)", session, UUID(int=9), begun
            )
            await connection.execute(
                "INSERT INTO event VALUES (3, $2, $1, 1, $1, 'session.initiated.v1', '', $3)",
                session,
                number,
                META,
            )
        await connection.execute(
            "INSERT INTO event VALUES (3, 3, $1, 2, $1, 'session.cancelled.v1', '', $2)",
            ended,
            META,
        )

    await migrate(empty, shipped())
    due = await PostgresEventStore(empty).due_timers([3], until=begun, limit=10)
    await empty.close()

    assert [(one.key.session_id, one.due_at) for one in due[3]] == [(opened, begun)]


async def test_events_stored_as_json_keep_their_origin_when_it_becomes_columns(
    empty: Connections,
) -> None:
    ana = UUID(int=9)
    metas = [
        b'{"command_id":"%s","time":"2026-11-23T12:00:00.000001+00:00","contact_id":"%s",'
        b'"correlation_id":"caf\\u00e9 \\u0000"%s}'
        % (str(UUID(int=20 + number)).encode(), str(ana).encode(), trace)
        for number, trace in enumerate([b',"traceparent":"00-1-2-01"', b""], start=1)
    ]
    await migrate(empty, [one for one in shipped() if one.name < "0005"])
    async with empty.borrow() as connection:
        for version, meta in enumerate(metas, start=1):
            await connection.execute(
                "INSERT INTO event VALUES "
                "(3, $1::int, $2, $1, $3, 'contact.opted-in.v1', '{}', $4)",
                version,
                ana,
                UUID(int=version),
                meta,
            )

    await migrate(empty, shipped())
    first, second = await PostgresEventStore(empty).read(3, after=0, limit=10)
    await empty.close()

    at = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)
    assert first == (
        1,
        (ana, 1, UUID(int=1), "contact.opted-in.v1", b"{}", first.event.origin),
    )
    assert first.event.origin == (UUID(int=21), at, ana, "café \ufffd", "00-1-2-01")
    assert second.event.origin == (UUID(int=22), at, ana, "café \ufffd", None)
