"""The database comes to its shape once, however many begin at the same time."""

import asyncio

import pytest

from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_migrations import (
    Migration,
    MigrationChanged,
    migrate,
    missing,
    shipped,
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
