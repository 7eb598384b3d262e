"""Books in temporary tables, so that PostgreSQL itself compares a log with the store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from domain.ports.verifying import Fate, Horizon, Sighting
from domain.session.outcomes import RANK
from domain.values import CommandId, EventId
from session_core.adapters.postgres_connections import TROUBLE

_TABLES = """
CREATE TEMP TABLE noted_command (
    shard smallint, kafka_offset bigint, due boolean, kind text, command_id uuid, reply_id uuid,
    rank smallint
);
CREATE TEMP TABLE noted_event (
    event_id uuid, command_id uuid, contact_id uuid, type text, reply_id uuid, rank smallint
)
"""
_GONE = "DROP TABLE IF EXISTS noted_command, noted_event"

# Found by its looks: bytes that are no JSON must become a finding, not a failure.
_GATHER = r"""
INSERT INTO noted_event
SELECT e.event_id, e.command_id, e.contact_id, t.type,
    CASE WHEN r.rank IS NOT NULL
        THEN substring(encode(e.data, 'escape') FROM '"reply_id":\s*"({id})"')::uuid END,
    r.rank
FROM event e
CROSS JOIN LATERAL (SELECT regexp_replace(e.type, '\.v\d+$', '') AS type) t
LEFT JOIN unnest($4::text[], $5::smallint[]) AS r (type, rank) ON r.type = t.type
WHERE e.shard = $1 AND e.seq > $2 AND e.seq <= $3
""".replace("{id}", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_REPEATED_EVENTS = """
SELECT event_id FROM noted_event GROUP BY event_id HAVING count(*) > 1 LIMIT $1
"""
_REPEATED_MESSAGES = """
SELECT command_id FROM noted_event WHERE type = 'message.received'
GROUP BY command_id HAVING count(*) > 1 LIMIT $1
"""

# Where one copy of a command still waits, or goes to its home shard, nothing is decided yet.
_MESSAGES = """
WITH message AS (
    SELECT command_id, bool_or(EXISTS (
        SELECT FROM parked_command p WHERE p.shard = c.shard AND p.kafka_offset = c.kafka_offset
    )) AS parked
    FROM noted_command c WHERE kind = 'message' GROUP BY command_id HAVING bool_and(due)
), decided AS (
    SELECT DISTINCT command_id FROM noted_event WHERE type = 'message.received'
), fate AS (
    SELECT m.command_id, m.parked, d.command_id IS NOT NULL AS decided
    FROM message m LEFT JOIN decided d USING (command_id)
)
SELECT count(*) AS every, count(*) FILTER (WHERE decided) AS decided,
    count(*) FILTER (WHERE parked AND NOT decided) AS parked,
    (array_agg(command_id) FILTER (WHERE NOT parked AND NOT decided))[1:$1] AS lost
FROM fate
"""
_STATUSES = """
WITH status AS (
    SELECT command_id, min(reply_id::text)::uuid AS reply_id, min(rank) AS rank,
        bool_or(EXISTS (
            SELECT FROM parked_command p
            WHERE p.shard = c.shard AND p.kafka_offset = c.kafka_offset
        )) AS parked
    FROM noted_command c WHERE kind = 'status' GROUP BY command_id HAVING bool_and(due)
), recorded AS (
    SELECT DISTINCT command_id FROM noted_event WHERE rank IS NOT NULL
), gone AS (
    SELECT DISTINCT contact_id FROM noted_event WHERE type IN ('contact.merged', 'contact.erased')
), reply AS (
    SELECT reply_id, max(rank) AS rank FROM noted_event e
    WHERE reply_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM gone WHERE gone.contact_id = e.contact_id)
    GROUP BY reply_id
), fate AS (
    SELECT s.command_id, r.command_id IS NOT NULL AS recorded,
        s.parked, s.rank IS NULL OR reply.rank IS NULL AS of_others,
        s.rank <= reply.rank AS outranked
    FROM status s LEFT JOIN recorded r USING (command_id) LEFT JOIN reply USING (reply_id)
)
SELECT count(*) AS every, count(*) FILTER (WHERE recorded) AS recorded,
    count(*) FILTER (WHERE NOT recorded AND parked) AS parked,
    count(*) FILTER (WHERE NOT recorded AND NOT parked AND of_others) AS of_others,
    count(*) FILTER (WHERE NOT recorded AND NOT parked AND NOT of_others AND outranked)
        AS outranked,
    (array_agg(command_id) FILTER (
        WHERE NOT recorded AND NOT parked AND NOT of_others AND NOT outranked
    ))[1:$1] AS lost
FROM fate
"""
_UNREADABLE = """
SELECT count(*) AS every, count(*) FILTER (WHERE p.shard IS NOT NULL) AS parked,
    (SELECT count(*) FROM parked_command) AS all_parked
FROM noted_command c LEFT JOIN parked_command p USING (shard, kafka_offset)
WHERE kind = 'unreadable' AND due
"""
_LOST_RECORDS = """
SELECT shard, kafka_offset FROM noted_command c WHERE kind = 'unreadable' AND due AND NOT EXISTS (
    SELECT FROM parked_command p WHERE p.shard = c.shard AND p.kafka_offset = c.kafka_offset
) LIMIT $1
"""


@asynccontextmanager
async def opened(connection: Any, portion: int) -> AsyncIterator["PostgresBooks"]:
    """Create the tables for as long as they are needed; nobody else sees them."""
    await connection.execute(_TABLES)
    try:
        yield PostgresBooks(connection, portion)
    finally:
        with suppress(*TROUBLE):
            await connection.execute(_GONE)


class PostgresBooks:
    """Books in temporary tables of one connection."""

    def __init__(self, connection: Any, portion: int) -> None:
        self._connection = connection
        self._portion = portion

    async def note(self, sightings: Sequence[Sighting]) -> None:
        """See Books."""
        records = [
            (one.shard, one.offset, one.due, one.kind, one.command_id, one.reply_id, one.rank)
            for one in sightings
        ]
        await self._connection.copy_records_to_table("noted_command", records=records)

    async def gather(self, horizon: Horizon) -> int:
        """See Books."""
        types = [f"reply.{status}" for status in RANK]
        for after in range(0, horizon.last_sequence, self._portion):
            upto = min(after + self._portion, horizon.last_sequence)
            ranks = list(RANK.values())
            await self._connection.execute(_GATHER, horizon.shard, after, upto, types, ranks)
        query = "SELECT count(*) FROM event WHERE shard = $1 AND seq <= $2"
        return int(await self._connection.fetchval(query, horizon.shard, horizon.last_sequence))

    async def repeated_events(self, *, limit: int) -> Sequence[EventId]:
        """See Books."""
        rows = await self._connection.fetch(_REPEATED_EVENTS, limit)
        return [row["event_id"] for row in rows]

    async def repeated_messages(self, *, limit: int) -> Sequence[CommandId]:
        """See Books."""
        rows = await self._connection.fetch(_REPEATED_MESSAGES, limit)
        return [row["command_id"] for row in rows]

    async def fate(self, *, limit: int) -> Fate:
        """See Books."""
        messages = await self._connection.fetchrow(_MESSAGES, limit)
        statuses = await self._connection.fetchrow(_STATUSES, limit)
        unreadable = await self._connection.fetchrow(_UNREADABLE)
        lost = await self._connection.fetch(_LOST_RECORDS, limit)
        return Fate(
            messages=messages["every"],
            messages_decided=messages["decided"],
            messages_parked=messages["parked"],
            statuses=statuses["every"],
            statuses_recorded=statuses["recorded"],
            statuses_outranked=statuses["outranked"],
            statuses_of_others=statuses["of_others"],
            statuses_parked=statuses["parked"],
            unreadable=unreadable["every"],
            unreadable_parked=unreadable["parked"],
            parked=unreadable["all_parked"],
            lost_messages=messages["lost"] or (),
            lost_statuses=statuses["lost"] or (),
            lost_records=[(row["shard"], row["kafka_offset"]) for row in lost],
        )
