from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from domain.ports.event_store import StoreUnavailable
from session_core.adapters.postgres_connections import Connections, failures


@pytest.fixture
async def connections(postgres: str) -> AsyncIterator[Connections]:
    connections = Connections(postgres, size=1)
    yield connections
    await connections.close()


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed"),
        asyncpg.AdminShutdownError("terminating connection"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_way_the_database_goes_away_it_is_waited_for(error: Exception) -> None:
    with pytest.raises(StoreUnavailable):
        async with failures():
            raise error


@pytest.mark.connected
async def test_a_connection_that_lost_its_place_is_not_used_again(
    connections: Connections,
) -> None:
    with suppress(StoreUnavailable):
        async with connections.borrow() as connection, failures():
            broken = connection.get_server_pid()
            raise asyncpg.InternalClientError("cannot switch to state")

    async with connections.borrow() as connection:
        assert connection.get_server_pid() != broken
        assert await connection.fetchval("SELECT 1") == 1
