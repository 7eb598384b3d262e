"""StoreAudit on PostgreSQL: window functions find what does not follow, portion by portion."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from domain.ports.verifying import Break, Hole, Horizon
from session_core.adapters.postgres_audit_books import PostgresBooks, opened
from session_core.adapters.postgres_connections import Connections, failures

PORTION = 50_000
"""Events of one statement: a snapshot held for long would keep dead rows from being cleared."""
_SLICES = 64

_HORIZONS = """
SELECT shard, next_offset, last_seq, published_seq,
    coalesce((SELECT max(seq) FROM event e WHERE e.shard = s.shard), 0) AS stored_seq
FROM shard s ORDER BY shard
"""
_HOLES = """
SELECT seq, before FROM (
    SELECT seq, lag(seq, 1, $2) OVER (ORDER BY seq) AS before FROM event
    WHERE shard = $1 AND seq > $2 AND seq <= $3
    UNION ALL
    SELECT $3 + 1, coalesce(max(seq), $2) FROM event WHERE shard = $1 AND seq > $2 AND seq <= $3
) numbered
WHERE seq <> before + 1 ORDER BY seq
"""
_BREAKS = """
SELECT stream_id, version, before FROM (
    SELECT stream_id, version, seq, shard, lag(version, 1, 0) OVER stream AS before,
        lag(seq, 1, 0::bigint) OVER stream AS seq_before, lag(shard, 1, shard) OVER stream AS home
    FROM event WHERE stream_id BETWEEN $1 AND $2
    WINDOW stream AS (PARTITION BY stream_id ORDER BY version)
) followed
WHERE version <> before + 1 OR shard <> home OR seq <= seq_before
"""


class PostgresStoreAudit:
    """StoreAudit on the tables of the event store."""

    def __init__(self, connections: Connections, *, portion: int = PORTION) -> None:
        self._connections = connections
        self._portion = portion

    async def horizons(self) -> Sequence[Horizon]:
        """See StoreAudit."""
        return [
            Horizon(
                row["shard"],
                row["next_offset"],
                row["last_seq"],
                row["published_seq"],
                row["stored_seq"],
            )
            for row in await self._fetch(_HORIZONS)
        ]

    async def holes(self, horizon: Horizon) -> AsyncIterator[Hole]:
        """See StoreAudit."""
        for after, upto in portions(horizon.last_sequence, self._portion):
            for row in await self._fetch(_HOLES, horizon.shard, after, upto):
                yield Hole(horizon.shard, row["before"], row["seq"])

    async def breaks(self) -> AsyncIterator[Break]:
        """See StoreAudit."""
        for first, last in _slices():
            for row in await self._fetch(_BREAKS, first, last):
                yield Break(row["stream_id"], row["version"], row["before"])

    async def streams(self) -> int:
        """See StoreAudit."""
        rows = await self._fetch("SELECT count(*) AS streams FROM event WHERE version = 1")
        return int(rows[0]["streams"])

    @asynccontextmanager
    async def books(self) -> AsyncIterator[PostgresBooks]:
        """See StoreAudit."""
        async with (
            self._connections.borrow() as connection,
            failures(),
            opened(connection, self._portion) as books,
        ):
            yield books

    async def _fetch(self, query: str, *values: Any) -> Sequence[Any]:
        async with self._connections.borrow() as connection, failures():
            rows: Sequence[Any] = await connection.fetch(query, *values)
        return rows


def portions(last: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut the numbers up to the last into (after, upto)."""
    return ((after, min(after + size, last)) for after in range(0, last, size))


def _slices() -> Iterator[tuple[UUID, UUID]]:
    """Cut all ids into shares that are about equally full."""
    width = 2**128 // _SLICES
    return ((UUID(int=one * width), UUID(int=(one + 1) * width - 1)) for one in range(_SLICES))
