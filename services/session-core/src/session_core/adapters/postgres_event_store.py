"""The event store in PostgreSQL: a batch is one statement, and so is what it needs to know."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    Histories,
    History,
    Lease,
    NewEvent,
    RecordedEvent,
)
from domain.values import ContactId, SessionId
from session_core.adapters import origins, postgres_append
from session_core.adapters.postgres_connections import TROUBLE, Connections, failures, refusal

_PROVIDE = """
INSERT INTO shard (shard) SELECT generate_series(0, $1::int - 1)
WHERE NOT EXISTS (SELECT FROM shard) ON CONFLICT DO NOTHING
"""
_TAKE = """
INSERT INTO shard AS s (shard, epoch, owner) VALUES ($1, 1, $2)
ON CONFLICT (shard) DO UPDATE SET epoch = s.epoch + 1, owner = $2, updated_at = now()
RETURNING epoch, next_offset, last_seq, published_seq,
    (SELECT count(*) FROM parked_command p
     WHERE p.shard = s.shard AND parked_at > now() - interval '5 minutes') AS parked
"""
_LOAD = """
WITH known AS (
    SELECT a.phone_number_id, a.alias, a.contact_id
    FROM unnest($1::text[], $2::text[]) AS n (phone_number_id, alias)
    JOIN alias a USING (phone_number_id, alias)
), person AS (
    SELECT contact_id FROM known UNION SELECT unnest($3::uuid[])
), stream AS (
    SELECT contact_id, contact_id AS stream_id FROM person
    UNION
    SELECT p.contact_id, s.session_id FROM person p CROSS JOIN LATERAL (
        SELECT session_id FROM session WHERE contact_id = p.contact_id
        ORDER BY opened_at DESC LIMIT 50
    ) s
    UNION
    SELECT contact_id, session_id FROM person JOIN session USING (contact_id)
    WHERE session_id = ANY($4::uuid[])
)
SELECT phone_number_id, alias, contact_id, NULL::smallint AS shard, NULL::bigint AS seq,
    NULL::uuid AS stream_id, NULL::int AS version, NULL::uuid AS event_id, NULL::text AS type,
    NULL::bytea AS data, NULL::bytea AS meta
FROM known
UNION ALL
SELECT NULL, NULL, s.contact_id, e.shard, e.seq, e.stream_id, e.version, e.event_id, e.type,
    e.data, e.meta
FROM stream s JOIN event e USING (stream_id)
ORDER BY contact_id, seq NULLS FIRST
"""
_READ = """
SELECT seq, stream_id, version, event_id, type, data, meta FROM event
WHERE shard = $1 AND seq > $2 ORDER BY seq LIMIT $3
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
            row = await connection.fetchrow(_TAKE, shard, owner)
        return Lease(
            shard=shard,
            epoch=row["epoch"],
            next_offset=row["next_offset"],
            last_sequence=row["last_seq"],
            published_sequence=row["published_seq"],
            parked_lately=row["parked"],
        )

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
    ) -> Histories:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(
                _LOAD,
                [key.phone_number_id for key in names],
                [key.name for key in names],
                contacts,
                sessions,
            )
        return _histories(rows)

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        """See EventStore."""
        arguments = postgres_append.arguments(appends)
        async with self._connections.borrow() as connection:
            try:
                rows = await connection.fetch(postgres_append.STATEMENT, *arguments)
            except TROUBLE as error:
                raise (refusal(error) or AppendUnanswered(type(error).__name__)) from error
        return {row["shard"]: row["base"] for row in rows}

    async def record_published(self, shard: int, *, epoch: int, sequence: int) -> None:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_PUBLISHED, shard, epoch, sequence)

    async def read(self, shard: int, *, after: int, limit: int) -> Sequence[RecordedEvent]:
        """See EventStore."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch(_READ, shard, after, limit)
        return [
            RecordedEvent(row["seq"], event) for row, event in zip(rows, _events(rows), strict=True)
        ]


def _histories(rows: Sequence[Any]) -> Histories:
    names: dict[AliasKey, ContactId] = {}
    people: dict[ContactId, History] = {}
    for contact_id, group in groupby(rows, key=lambda row: row["contact_id"]):
        facts = []
        for row in group:
            if row["seq"] is None:
                names[AliasKey(row["phone_number_id"], row["alias"])] = contact_id
            else:
                facts.append(row)
        if facts:
            people[contact_id] = History(facts[0]["shard"], list(_events(facts)))
    return Histories(names, people)


def _events(rows: Iterable[Any]) -> Iterable[NewEvent]:
    meta, origin = b"", None
    for row in rows:
        if origin is None or row["meta"] != meta:
            meta, origin = row["meta"], origins.read(row["meta"])
        yield NewEvent(
            row["stream_id"], row["version"], row["event_id"], row["type"], row["data"], origin
        )
