"""Our event store on a database of its own, emptied between rounds."""

import gc
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from bench.corpus import COLUMNS, Row
from bench.facts import Fact
from bench.installation import database
from domain.events import SessionInitiated
from domain.ports.event_store import Append, NewEvent, NewSession
from domain.topics import PARTITIONS
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore

Item = TypeVar("Item")

RARE_COLLECTIONS = (100_000, 50, 100)
"""Those of session-core's own process."""


class NotWritten(Exception):
    """A side did not do its work; its time means nothing."""


@dataclass(slots=True)
class Bed:
    """The store, and a bare connection to the same database."""

    address: str
    store: PostgresEventStore
    bare: Any
    epoch: int
    offset: int = 0

    async def empty(self) -> None:
        """Forget all events; the shard begins anew."""
        await self.bare.execute("TRUNCATE event, session")
        await self.bare.execute("UPDATE shard SET next_offset = 0, last_seq = 0")
        self.offset = 0

    async def append(self, events: Sequence[NewEvent], sessions: Sequence[NewSession] = ()) -> None:
        """Append as one batch of shard 0."""
        offset, self.offset = self.offset, self.offset + 1
        await self.store.append(
            [
                Append(
                    shard=0,
                    epoch=self.epoch,
                    offset=offset,
                    next_offset=self.offset,
                    events=events,
                    sessions=sessions,
                )
            ]
        )

    async def rows(self) -> list[Row]:
        """Read back what is stored."""
        statement = f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq"  # noqa: S608 ours
        return [tuple(row) for row in await self.bare.fetch(statement)]

    async def check(self, events: int, table: str = "event") -> None:
        """Raise NotWritten unless there are exactly so many events."""
        stored = await self.bare.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 ours
        if stored != events:
            raise NotWritten(f"{table} holds {stored} events instead of {events}")


@asynccontextmanager
async def bed(postgres: str) -> AsyncIterator[Bed]:
    """Give a store on a fresh database that is dropped when the block ends."""
    async with database(postgres, f"e{secrets.token_hex(4)}") as address:
        connections = Connections(address)
        bare = await asyncpg.connect(address)
        store = PostgresEventStore(connections)
        try:
            await store.provide(PARTITIONS)
            lease = await store.take(0, owner="bench")
            yield Bed(address, store, bare, lease.epoch)
        finally:
            await bare.close()
            await connections.close()


class Stopwatch:
    """How long a block took."""

    seconds = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time a block."""
    watch, begin = Stopwatch(), time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - begin


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for garbage as seldom as session-core does, and never among what is there by now."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARE_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def in_chunks(items: Sequence[Item], size: int, *, rest: bool = False) -> list[Sequence[Item]]:
    """Cut into pieces of this size; the smaller rest falls away unless it is wanted."""
    end = len(items) if rest else len(items) - size + 1
    return [items[at : at + size] for at in range(0, end, size)]


def sessions_of(facts: Sequence[Fact]) -> list[NewSession]:
    """Give the sessions that begin with these events."""
    return [
        NewSession(fact.event.session_id, fact.origin.contact_id, fact.origin.at, number)
        for number, fact in enumerate(facts, start=1)
        if isinstance(fact.event, SessionInitiated)
    ]
