"""One installation for one run: a fresh database and fresh topics on the bench's own servers."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from devstack import topics
from domain.topics import SESSION_COMMANDS, SESSION_COMMANDS_PARKED, SESSION_EVENTS
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_migrations import migrate, shipped

_TOPICS = (SESSION_COMMANDS, SESSION_EVENTS, SESSION_COMMANDS_PARKED)
_SHARE_SECONDS = 60.0
_OWNERS = "SELECT count(DISTINCT owner) FROM shard WHERE owner <> ''"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where one run's commands, events and rows are."""

    kafka: str
    database: str
    prefix: str

    @property
    def commands(self) -> str:
        """The topic of commands."""
        return self.prefix + SESSION_COMMANDS.name

    @property
    def events(self) -> str:
        """The topic of events."""
        return self.prefix + SESSION_EVENTS.name

    async def shared_by(self, instances: int) -> None:
        """Return once so many instances hold shards. Raises TimeoutError."""
        connection = await asyncpg.connect(self.database)
        try:
            async with asyncio.timeout(_SHARE_SECONDS):
                while True:
                    if await connection.fetchval(_OWNERS) == instances:
                        return
                    await asyncio.sleep(0.1)
        finally:
            await connection.close()


@asynccontextmanager
async def installation(kafka: str, postgres: str) -> AsyncIterator[Installation]:
    """Create topics and a migrated database; remove them when the block ends."""
    async with (
        database(postgres, f"b{secrets.token_hex(4)}") as address,
        topics_of(kafka, address) as place,
    ):
        yield place


@asynccontextmanager
async def topics_of(kafka: str, address: str) -> AsyncIterator[Installation]:
    """Create topics beside a database that is there; remove them when the block ends."""
    prefix = f"b{secrets.token_hex(4)}-"
    await topics.create(kafka, _TOPICS, prefix=prefix)
    try:
        yield Installation(kafka, address, prefix)
    finally:
        await topics.delete(kafka, _TOPICS, prefix=prefix)


@asynccontextmanager
async def database(postgres: str, name: str) -> AsyncIterator[str]:
    """Create a database with session-core's tables; drop it when the block ends."""
    await execute(postgres, f'CREATE DATABASE "{name}"')
    address = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    try:
        await _migrated(address)
        yield address
    finally:
        await execute(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


async def execute(address: str, *statements: str) -> None:
    """Run statements on a connection of their own: the server may be restarted in between."""
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _migrated(address: str) -> Sequence[str]:
    connections = Connections(address)
    try:
        return await migrate(connections, shipped())
    finally:
        await connections.close()
