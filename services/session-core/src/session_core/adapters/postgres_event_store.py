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
    Origin,
    RecordedEvent,
)
from domain.values import ContactId, SessionId
from session_core.adapters import origins, parked_records
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
_APPEND = """
WITH claim AS (
    UPDATE shard s SET next_offset = c.next_offset, last_seq = s.last_seq + c.events,
        published_seq = greatest(s.published_seq, c.published), updated_at = now()
    FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[])
        AS c (shard, epoch, old_offset, next_offset, events, published)
    WHERE s.shard = c.shard AND s.epoch = c.epoch AND s.next_offset = c.old_offset
    RETURNING s.shard, s.last_seq - c.events AS base
), added AS (
    INSERT INTO event (shard, seq, stream_id, version, event_id, type, data, meta)
    SELECT e.shard, k.base + e.number, e.stream_id, e.version, e.event_id, e.type, e.data, e.meta
    FROM unnest($7::smallint[], $8::int[], $9::uuid[], $10::int[], $11::uuid[], $12::text[],
                $13::bytea[], $14::bytea[])
        AS e (shard, number, stream_id, version, event_id, type, data, meta)
    JOIN claim k USING (shard)
), named AS (
    INSERT INTO alias (phone_number_id, alias, contact_id, shard)
    SELECT a.phone_number_id, a.alias, a.contact_id, a.shard
    FROM unnest($15::smallint[], $16::text[], $17::text[], $18::uuid[])
        AS a (shard, phone_number_id, alias, contact_id)
    JOIN claim USING (shard)
    ORDER BY a.phone_number_id, a.alias  -- two that want the same names wait, never for each other
), opened AS (
    INSERT INTO session (session_id, contact_id, shard, opened_at)
    SELECT o.session_id, o.contact_id, o.shard, o.opened_at
    FROM unnest($19::smallint[], $20::uuid[], $21::uuid[], $22::timestamptz[])
        AS o (shard, session_id, contact_id, opened_at)
    JOIN claim USING (shard)
), parked AS (
    INSERT INTO parked_command (shard, kafka_offset, reason, key, value, headers)
    SELECT p.shard, p.kafka_offset, p.reason, p.key, p.value, p.headers
    FROM unnest($23::smallint[], $24::bigint[], $25::text[], $26::bytea[], $27::bytea[],
                $28::bytea[])
        AS p (shard, kafka_offset, reason, key, value, headers)
    JOIN claim USING (shard)
)
SELECT shard, base FROM claim
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
        arguments = _arguments(appends)
        async with self._connections.borrow() as connection:
            try:
                rows = await connection.fetch(_APPEND, *arguments)
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


def _arguments(appends: Sequence[Append]) -> list[list[Any]]:
    return [
        *_columns([_claim(append) for append in appends], 6),
        *_columns(_event_rows(appends), 8),
        *_columns(_alias_rows(appends), 4),
        *_columns(_session_rows(appends), 4),
        *_columns(_parked_rows(appends), 6),
    ]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _claim(append: Append) -> tuple[Any, ...]:
    return (
        append.shard,
        append.epoch,
        append.offset,
        append.next_offset,
        len(append.events),
        append.published_sequence,
    )


def _event_rows(appends: Sequence[Append]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    origin: Origin | None = None
    meta = b""
    for append in appends:
        for number, event in enumerate(append.events, start=1):
            if event.origin is not origin:
                origin, meta = event.origin, origins.written(event.origin)
            rows.append(
                (
                    append.shard,
                    number,
                    event.stream_id,
                    event.version,
                    event.event_id,
                    event.type,
                    event.data,
                    meta,
                )
            )
    return rows


def _alias_rows(appends: Sequence[Append]) -> list[tuple[Any, ...]]:
    return [
        (append.shard, alias.key.phone_number_id, alias.key.name, alias.contact_id)
        for append in appends
        for alias in append.aliases
    ]


def _session_rows(appends: Sequence[Append]) -> list[tuple[Any, ...]]:
    return [
        (append.shard, session.session_id, session.contact_id, session.opened_at)
        for append in appends
        for session in append.sessions
    ]


def _parked_rows(appends: Sequence[Append]) -> list[tuple[Any, ...]]:
    return [
        (
            append.shard,
            command.offset,
            command.reason,
            command.key,
            command.value,
            parked_records.written(command.headers),
        )
        for append in appends
        for command in append.parked
    ]
