"""What is parked in PostgreSQL, for people who look after it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.ports.command_source import Delivery
from domain.ports.parked_commands import ParkedLine, ParkedLines, Place
from session_core.adapters import parked_records
from session_core.adapters.postgres_connections import Connections, failures

_COLUMNS = "shard, kafka_offset, reason, headers, parked_at, redriven_at, redriven, dismissed_at"
_LINES = f"""
SELECT {_COLUMNS} FROM parked_command
WHERE (shard = $1 OR $1 IS NULL) AND starts_with(reason, $3)
    AND (redriven_at IS NULL AND dismissed_at IS NULL OR NOT $2)
    AND (shard, kafka_offset) > ($4, $5)
ORDER BY shard, kafka_offset LIMIT $6
"""  # noqa: S608 the names of our own columns
_LINE = f"SELECT {_COLUMNS} FROM parked_command WHERE shard = $1 AND kafka_offset = $2"  # noqa: S608 as above
_RECORD = "SELECT key, value, headers FROM parked_command WHERE shard = $1 AND kafka_offset = $2"
_REDRIVEN = """
UPDATE parked_command SET redriven_at = now(), redriven = redriven + 1
WHERE shard = $1 AND kafka_offset = $2
"""
_DISMISSED = """
UPDATE parked_command SET dismissed_at = coalesce(dismissed_at, now())
WHERE shard = $1 AND kafka_offset = $2
"""
_PERMIT = """
INSERT INTO parking_permit (shard, most, until) VALUES ($1, $2, now() + $3::interval)
ON CONFLICT (shard) DO UPDATE SET most = excluded.most, until = excluded.until
"""
_BEFORE_ALL = Place(-1, -1)


class PostgresParkedCommands:
    """ParkedCommands on the table that appends write to."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def lines(
        self, meant: ParkedLines, *, after: Place | None, limit: int
    ) -> Sequence[ParkedLine]:
        """See ParkedCommands."""
        place = after or _BEFORE_ALL
        filters = (meant.shard, meant.waiting, meant.reason)
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(_LINES, *filters, place.shard, place.offset, limit)
        return [_line(row) for row in rows]

    async def line(self, place: Place) -> ParkedLine | None:
        """See ParkedCommands."""
        async with self._connections.borrow() as connection, failures():
            row = await connection.fetchrow(_LINE, place.shard, place.offset)
        return _line(row) if row else None

    async def record(self, place: Place) -> Delivery | None:
        """See ParkedCommands."""
        async with self._connections.borrow() as connection, failures():
            row = await connection.fetchrow(_RECORD, place.shard, place.offset)
        if row is None:
            return None
        headers = parked_records.read(row["headers"])
        return Delivery(place.shard, place.offset, row["key"], row["value"], headers)

    async def note_redriven(self, place: Place) -> None:
        """See ParkedCommands."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_REDRIVEN, place.shard, place.offset)

    async def dismiss(self, place: Place) -> None:
        """See ParkedCommands."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_DISMISSED, place.shard, place.offset)

    async def permit(self, shard: int, *, most: int, seconds: float) -> None:
        """See ParkedCommands."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_PERMIT, shard, most, timedelta(seconds=seconds))


def _line(row: Any) -> ParkedLine:
    headers = parked_records.read(row["headers"])
    return ParkedLine(
        Place(row["shard"], row["kafka_offset"]),
        row["reason"],
        parked_records.known_type(headers),
        row["parked_at"],
        row["redriven_at"],
        row["redriven"],
        parked_records.known_id(headers),
        row["dismissed_at"],
    )
