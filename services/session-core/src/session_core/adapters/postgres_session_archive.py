"""Looks up in PostgreSQL what happened."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.events import ContactErased
from domain.ports.event_store import AliasKey
from domain.ports.operators import SessionLine
from domain.ports.session_archive import ArchivedEvent, Page
from domain.values import ContactId
from session_core.adapters import event_rows, postgres_session_directory
from session_core.adapters.postgres_connections import Connections, failures

_MOST_BYTES = 1024 * 1024
_STREAM = f"""
SELECT {event_rows.selected("e")}, e.recorded_at, s.last
FROM (SELECT coalesce(max(version), 0) AS last FROM event WHERE stream_id = $1) s
LEFT JOIN (
    SELECT *, sum(octet_length(data)) OVER (ORDER BY version) - octet_length(data) AS before
    FROM (SELECT * FROM event WHERE stream_id = $1 AND version > $2 ORDER BY version LIMIT $3) p
) e ON e.before < $4
ORDER BY e.version
"""  # noqa: S608 names of columns
# Clocks may be set back: what counts is the first event that was not there yet.
_VERSION_AT = """
SELECT coalesce(min(version) FILTER (WHERE recorded_at > $2) - 1, max(version), 0)
FROM event WHERE stream_id = $1
"""
_ERASED = "SELECT coalesce(max(seq), 0) FROM event WHERE stream_id = $1 AND type = $2"
_NAMED = "SELECT contact_id FROM alias WHERE phone_number_id = $1 AND alias = $2"


class PostgresSessionArchive:
    """SessionArchive on the tables of the event store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def stream(self, stream_id: UUID, *, after: int, limit: int) -> Page:
        """See SessionArchive."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(_STREAM, stream_id, after, limit, _MOST_BYTES)
        found = [row for row in rows if row["seq"] is not None]
        events = [
            ArchivedEvent(one.sequence, one.event, row["recorded_at"])
            for one, row in zip(event_rows.recorded(found), found, strict=True)
        ]
        return Page(events, rows[0]["last"])

    async def version_at(self, stream_id: UUID, at: datetime) -> int:
        """See SessionArchive."""
        async with self._connections.borrow() as connection, failures():
            return int(await connection.fetchval(_VERSION_AT, stream_id, at))

    async def erased_until(self, contact_id: ContactId) -> int:
        """See SessionArchive."""
        async with self._connections.borrow() as connection, failures():
            return int(await connection.fetchval(_ERASED, contact_id, ContactErased.TYPE))

    async def named(self, name: AliasKey) -> ContactId | None:
        """See SessionArchive."""
        async with self._connections.borrow() as connection, failures():
            found = await connection.fetchval(_NAMED, name.phone_number_id, name.name)
        return ContactId(found) if found else None

    async def sessions_of(self, contact_id: ContactId, *, limit: int) -> Sequence[SessionLine]:
        """See SessionArchive."""
        async with self._connections.borrow() as connection, failures():
            return await postgres_session_directory.lines_of(connection, contact_id, limit)
