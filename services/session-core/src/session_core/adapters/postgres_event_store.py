"""The event store in PostgreSQL: a batch is one statement, and so is what it needs to know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    Histories,
    Lease,
    RecordedEvent,
    Snapshot,
    Timer,
)
from domain.values import CommandId, ContactId, SessionId
from session_core.adapters import (
    event_rows,
    postgres_append,
    postgres_load,
    postgres_taking,
    postgres_timers,
)
from session_core.adapters.postgres_connections import TROUBLE, Connections, failures, refusal
from streaming.traced import SpanKind, Traced
from streaming.tracing import span

LOAD = Traced(
    "load event",
    SpanKind.CLIENT,
    "What is known of the people whom memory does not know, in one query",
    attributes=("db.system.name", "db.operation.name", "db.collection.name"),
    below="the batch that needs it",
    always={
        "db.system.name": "postgresql",
        "db.operation.name": "load",
        "db.collection.name": "event",
    },
)
APPEND = Traced(
    "append event",
    SpanKind.CLIENT,
    "A batch's events, names, timers and offsets in one transaction",
    attributes=(
        "db.system.name",
        "db.operation.name",
        "db.collection.name",
        "db.operation.batch.size",
    ),
    below="the batch that is stored",
    always={
        "db.system.name": "postgresql",
        "db.operation.name": "append",
        "db.collection.name": "event",
    },
)

_PROVIDE = """
INSERT INTO shard (shard) SELECT generate_series(0, $1::int - 1)
WHERE NOT EXISTS (SELECT FROM shard) ON CONFLICT DO NOTHING
"""
_READ = f"""
SELECT {event_rows.selected()} FROM event WHERE shard = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""  # noqa: S608 names of columns
_KEEP_SNAPSHOT = """
INSERT INTO snapshot AS s (contact_id, shard, seq, form, streams, versions, state)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (contact_id) DO UPDATE SET shard = EXCLUDED.shard, seq = EXCLUDED.seq,
    form = EXCLUDED.form, streams = EXCLUDED.streams, versions = EXCLUDED.versions,
    state = EXCLUDED.state, taken_at = now()
WHERE s.seq < EXCLUDED.seq OR s.form <> EXCLUDED.form
"""
_SPILLED = "SELECT command_id FROM spilled_command WHERE command_id = ANY($1::uuid[])"
_FORGET_SPILLED = """
WITH gone AS (DELETE FROM spilled_command WHERE seen_at < $1 RETURNING 1)
SELECT count(*) FROM gone
"""
_PUBLISHED = """
UPDATE shard SET published_seq = greatest(published_seq, $3), updated_at = now()
WHERE shard = $1 AND epoch = $2
"""


class PostgresEventStore:
    """EventStore on PostgreSQL 15 or later."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def provide(self, shards: int) -> int:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_PROVIDE, shards)
            return int(await connection.fetchval("SELECT count(*) FROM shard"))

    async def take(self, shard: int, *, owner: str) -> Lease:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            return await postgres_taking.take(connection, shard, owner)

    async def epoch(self, shard: int) -> int:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            epoch = await connection.fetchval("SELECT epoch FROM shard WHERE shard = $1", shard)
        return int(epoch or 0)

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        """See EventStore."""
        with span(LOAD):
            rows = await self._load(names, contacts, sessions, form)
        return postgres_load.histories(rows)

    async def _load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId],
        form: str,
    ) -> Sequence[Any]:
        async with self._connections.borrow() as connection, failures():
            rows: Sequence[Any] = await connection.fetch(
                postgres_load.STATEMENT,
                [key.phone_number_id for key in names],
                [key.name for key in names],
                contacts,
                sessions,
                form,
            )
        return rows

    async def keep_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """See EventStore."""
        rows = [
            (
                one.contact_id,
                one.shard,
                one.sequence,
                one.form,
                list(one.versions),
                list(one.versions.values()),
                one.state,
            )
            for one in snapshots
        ]
        async with self._connections.borrow() as connection, failures():
            await connection.executemany(_KEEP_SNAPSHOT, rows)

    async def spilled(self, commands: Sequence[CommandId]) -> Collection[CommandId]:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(_SPILLED, commands)
        return {row["command_id"] for row in rows}

    async def forget_spilled(self, before: datetime) -> int:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            return int(await connection.fetchval(_FORGET_SPILLED, before))

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        """See EventStore."""
        with span(APPEND, attributes=lambda: {"db.operation.batch.size": _events_of(appends)}):
            return await self._append(appends)

    async def _append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        async with self._connections.borrow() as connection:
            try:
                return await postgres_append.append(connection, appends)
            except TROUBLE as error:
                raise (refusal(error) or AppendUnanswered(type(error).__name__)) from error

    async def record_published(self, shard: int, *, epoch: int, sequence: int) -> None:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_PUBLISHED, shard, epoch, sequence)

    async def read(self, shard: int, *, after: int, limit: int) -> Sequence[RecordedEvent]:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(_READ, shard, after, limit)
        return event_rows.recorded(rows)

    async def due_timers(
        self, shards: Collection[int], *, until: datetime, limit: int
    ) -> Mapping[int, Sequence[Timer]]:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            return await postgres_timers.due(connection, shards, until, limit)

    async def next_offsets(self) -> Mapping[int, int]:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch("SELECT shard, next_offset FROM shard")
        return {row["shard"]: row["next_offset"] for row in rows}


def _events_of(appends: Sequence[Append]) -> int:
    return sum(len(one.events) for one in appends)
