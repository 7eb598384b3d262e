"""Finds sessions in PostgreSQL for people who look after them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain import events
from domain.ports.operators import ContactHome, SessionHome, SessionLine, ShardEnd
from domain.values import CommandId, ContactId, SessionId, event_id
from session_core.adapters.postgres_connections import Connections, failures

_STATUS = {
    events.SessionInitiated.TYPE: "waiting",
    events.SessionReleased.TYPE: "waiting",
    events.SessionHandedOff.TYPE: "handed-off",
    events.SessionCompleted.TYPE: "completed",
    events.SessionExpired.TYPE: "expired",
    events.SessionCancelled.TYPE: "cancelled",
}
_NEWEST = """
SELECT s.session_id, last.type, last.recorded_at, last.data AS said, first.data,
    moved.data AS moved FROM (
    SELECT session_id FROM session ORDER BY opened_at DESC LIMIT $2
) s
JOIN event first ON first.stream_id = s.session_id AND first.version = 1
CROSS JOIN LATERAL (
    SELECT type, recorded_at, data FROM event
    WHERE stream_id = s.session_id AND type = ANY($1) ORDER BY version DESC LIMIT 1
) last
LEFT JOIN LATERAL (
    SELECT data FROM event
    WHERE stream_id = s.session_id AND type = 'session.migrated.v1' ORDER BY version DESC LIMIT 1
) moved ON true
ORDER BY last.recorded_at DESC
"""
_HANDED_OFF = """
SELECT s.stream_id AS session_id, last.type, last.recorded_at, last.data AS said, first.data,
    moved.data AS moved FROM (
    SELECT DISTINCT stream_id FROM event WHERE type LIKE 'session.handed-off.%'
) s
JOIN event first ON first.stream_id = s.stream_id AND first.version = 1
CROSS JOIN LATERAL (
    SELECT type, recorded_at, data FROM event
    WHERE stream_id = s.stream_id AND type = ANY($1) ORDER BY version DESC LIMIT 1
) last
LEFT JOIN LATERAL (
    SELECT data FROM event
    WHERE stream_id = s.stream_id AND type = 'session.migrated.v1' ORDER BY version DESC LIMIT 1
) moved ON true
WHERE last.type LIKE 'session.handed-off.%'
ORDER BY last.recorded_at DESC LIMIT $2
"""
_OF_CONTACT = """
SELECT s.session_id, last.type, last.recorded_at, last.data AS said, first.data,
    moved.data AS moved FROM (
    SELECT session_id, opened_seq FROM session WHERE contact_id = $2
    ORDER BY opened_seq DESC LIMIT $3
) s
JOIN event first ON first.stream_id = s.session_id AND first.version = 1
CROSS JOIN LATERAL (
    SELECT type, recorded_at, data FROM event
    WHERE stream_id = s.session_id AND type = ANY($1) ORDER BY version DESC LIMIT 1
) last
LEFT JOIN LATERAL (
    SELECT data FROM event
    WHERE stream_id = s.session_id AND type = 'session.migrated.v1' ORDER BY version DESC LIMIT 1
) moved ON true
ORDER BY s.opened_seq DESC
"""
_HOME = """
SELECT s.contact_id, s.shard, last.type FROM session s
CROSS JOIN LATERAL (
    SELECT type FROM event
    WHERE stream_id = s.session_id AND type = ANY($1) ORDER BY version DESC LIMIT 1
) last
WHERE s.session_id = $2
"""
_HOME_OF_CONTACT = """
SELECT shard, EXISTS (SELECT FROM event WHERE stream_id = $1 AND type = $2) AS merged
FROM event WHERE stream_id = $1 AND version = 1 AND type LIKE 'contact.%'
"""
_EFFECT = "SELECT EXISTS (SELECT FROM event WHERE stream_id = $1 AND event_id = $2)"


class PostgresSessionDirectory:
    """SessionDirectory on the tables of the event store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def home_of(self, session_id: SessionId) -> SessionHome | None:
        """See SessionDirectory."""
        async with self._connections.borrow() as connection, failures():
            row = await connection.fetchrow(_HOME, list(_STATUS), session_id)
        return SessionHome(row["contact_id"], row["shard"], _STATUS[row["type"]]) if row else None

    async def home_of_contact(self, contact_id: ContactId) -> ContactHome | None:
        """See SessionDirectory."""
        async with self._connections.borrow() as connection, failures():
            row = await connection.fetchrow(_HOME_OF_CONTACT, contact_id, events.ContactMerged.TYPE)
        return ContactHome(row["shard"], row["merged"]) if row else None

    async def had_effect(self, stream_id: UUID, command_id: CommandId) -> bool:
        """See SessionDirectory."""
        first = event_id(command_id, 1)
        async with self._connections.borrow() as connection, failures():
            return bool(await connection.fetchval(_EFFECT, stream_id, first))

    async def newest(self, *, handed_off: bool, limit: int) -> Sequence[SessionLine]:
        """See SessionDirectory."""
        query = _HANDED_OFF if handed_off else _NEWEST
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(query, list(_STATUS), limit)
        return [_line(row) for row in rows]

    async def ends(self) -> Mapping[int, ShardEnd]:
        """See SessionDirectory."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch("SELECT shard, last_seq, next_offset FROM shard")
        return {row["shard"]: ShardEnd(row["last_seq"], row["next_offset"]) for row in rows}


async def lines_of(connection: Any, contact_id: ContactId, limit: int) -> list[SessionLine]:
    """Give the newest sessions of one person."""
    rows = await connection.fetch(_OF_CONTACT, list(_STATUS), contact_id, limit)
    return [_line(row) for row in rows]


def _line(row: Any) -> SessionLine:
    status = _STATUS[row["type"]]
    handed_off = json.loads(row["said"]) if status == "handed-off" else {}
    begun = json.loads(row["data"])
    on = json.loads(row["moved"]) if row["moved"] else begun
    return SessionLine(
        row["session_id"],
        begun["flow"],
        on["flow_version"],
        status,
        row["recorded_at"],
        handed_off.get("team"),
        handed_off.get("reason"),
    )
