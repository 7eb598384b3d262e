"""One installation for one run: a fresh database and fresh topics on the bench's own servers."""

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


@asynccontextmanager
async def installation(kafka: str, postgres: str) -> AsyncIterator[Installation]:
    """Create topics and a migrated database; remove them when the block ends."""
    name = f"b{secrets.token_hex(4)}"
    async with database(postgres, name) as address:
        await topics.create(kafka, _TOPICS, prefix=f"{name}-")
        try:
            yield Installation(kafka, address, f"{name}-")
        finally:
            await topics.delete(kafka, _TOPICS, prefix=f"{name}-")


@asynccontextmanager
async def database(postgres: str, name: str) -> AsyncIterator[str]:
    """Create a database with session-core's tables; drop it when the block ends."""
    admin = await asyncpg.connect(postgres)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        address = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
        try:
            await _migrated(address)
            yield address
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


async def _migrated(address: str) -> Sequence[str]:
    connections = Connections(address)
    try:
        return await migrate(connections, shipped())
    finally:
        await connections.close()
