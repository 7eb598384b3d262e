"""StateInUse on PostgreSQL: a moment is a short transaction that sees one snapshot."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any
from uuid import UUID

from domain.ports.event_store import AliasKey, Snapshot, TimerKey
from domain.ports.rebuilding import AliasInUse, Beginning, SessionInUse, StoredEvent, TimerInUse
from domain.values import ContactId, SessionId
from session_core.adapters import event_rows
from session_core.adapters.postgres_connections import Connections, failures

_BEGINNINGS = f"""
SELECT {event_rows.selected("e")}, e.shard, s.contact_id AS of_contact, s.shard AS in_shard,
    s.opened_at, s.opened_seq
FROM event e LEFT JOIN session s ON s.session_id = e.stream_id
WHERE e.shard = $1 AND e.seq > $2 AND e.seq <= $3 AND e.version = 1
ORDER BY e.seq LIMIT $4
"""  # noqa: S608 names of columns
_HISTORIES = f"""
WITH stream AS (
    SELECT contact_id, contact_id AS stream_id FROM unnest($1::uuid[]) AS c (contact_id)
    UNION ALL
    SELECT contact_id, session_id FROM session WHERE $2 AND contact_id = ANY($1::uuid[])
)
SELECT {event_rows.selected("e")}, e.shard, s.contact_id AS person
FROM stream s JOIN event e USING (stream_id) ORDER BY s.contact_id, e.seq
"""  # noqa: S608 names of columns
_OWNERS = """
SELECT phone_number_id, alias, contact_id, shard
FROM unnest($1::text[], $2::text[]) AS n (phone_number_id, alias)
JOIN alias USING (phone_number_id, alias)
"""
_NAMES = """
SELECT phone_number_id, alias, contact_id, shard FROM alias
WHERE (phone_number_id, alias) > ($1, $2) ORDER BY phone_number_id, alias LIMIT $3
"""
_SNAPSHOTS = """
SELECT contact_id, shard, seq, form, streams, versions, state FROM snapshot
WHERE contact_id = ANY($1) AND form = $2
"""
_TIMERS = """
SELECT session_id, kind, contact_id, shard, due_at FROM timer WHERE session_id = ANY($1)
"""
_STRAY_TIMERS = """
SELECT session_id, kind FROM timer t
WHERE NOT EXISTS (SELECT FROM event WHERE stream_id = t.session_id AND version = 1) LIMIT $1
"""
_STRAY_SESSIONS = """
SELECT session_id FROM session s
WHERE NOT EXISTS (SELECT FROM event WHERE stream_id = s.session_id AND version = 1) LIMIT $1
"""
_HEADLESS_STREAMS = """
SELECT stream_id FROM event GROUP BY stream_id HAVING min(version) > 1 LIMIT $1
"""


class PostgresStateInUse:
    """StateInUse on the tables of the event store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    @asynccontextmanager
    async def moment(self) -> AsyncIterator["PostgresMoment"]:
        """See StateInUse."""
        async with (
            self._connections.borrow() as connection,
            failures(),
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            # It holds nobody up, and much is computed between its queries.
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield PostgresMoment(connection)


class PostgresMoment:
    """Moment within a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def ends(self) -> Mapping[int, int]:
        """See Moment."""
        rows = await self._connection.fetch("SELECT shard, last_seq FROM shard ORDER BY shard")
        return {row["shard"]: row["last_seq"] for row in rows}

    async def count(self, shard: int, *, upto: int) -> int:
        """See Moment."""
        query = "SELECT count(*) FROM event WHERE shard = $1 AND seq <= $2"
        return int(await self._connection.fetchval(query, shard, upto))

    async def beginnings(
        self, shard: int, *, after: int, upto: int, limit: int
    ) -> Sequence[Beginning]:
        """See Moment."""
        rows = await self._connection.fetch(_BEGINNINGS, shard, after, upto, limit)
        return [
            Beginning(stored, _session(row))
            for stored, row in zip(_stored(rows), rows, strict=True)
        ]

    async def histories(
        self, contacts: Sequence[ContactId], *, sessions: bool
    ) -> Mapping[ContactId, Sequence[StoredEvent]]:
        """See Moment."""
        rows = await self._connection.fetch(_HISTORIES, contacts, sessions)
        groups = groupby(rows, key=lambda row: row["person"])
        return {contact: _stored(list(group)) for contact, group in groups}

    async def owners(self, names: Sequence[AliasKey]) -> Mapping[AliasKey, AliasInUse]:
        """See Moment."""
        numbers = [name.phone_number_id for name in names]
        rows = await self._connection.fetch(_OWNERS, numbers, [name.name for name in names])
        return dict(_name(row) for row in rows)

    async def names(
        self, *, after: AliasKey | None, limit: int
    ) -> Sequence[tuple[AliasKey, AliasInUse]]:
        """See Moment."""
        number, name = (after.phone_number_id, after.name) if after else ("", "")
        return [_name(row) for row in await self._connection.fetch(_NAMES, number, name, limit)]

    async def snapshots(
        self, contacts: Sequence[ContactId], *, form: str
    ) -> Mapping[ContactId, Snapshot]:
        """See Moment."""
        rows = await self._connection.fetch(_SNAPSHOTS, contacts, form)
        return {row["contact_id"]: _snapshot(row) for row in rows}

    async def timers(self, sessions: Sequence[SessionId]) -> Mapping[TimerKey, TimerInUse]:
        """See Moment."""
        rows = await self._connection.fetch(_TIMERS, sessions)
        return {
            TimerKey(row["session_id"], row["kind"]): TimerInUse(
                row["contact_id"], row["shard"], row["due_at"]
            )
            for row in rows
        }

    async def timers_without_session(self, *, limit: int) -> Sequence[TimerKey]:
        """See Moment."""
        rows = await self._connection.fetch(_STRAY_TIMERS, limit)
        return [TimerKey(row["session_id"], row["kind"]) for row in rows]

    async def sessions_without_beginning(self, *, limit: int) -> Sequence[SessionId]:
        """See Moment."""
        rows = await self._connection.fetch(_STRAY_SESSIONS, limit)
        return [SessionId(row["session_id"]) for row in rows]

    async def streams_without_beginning(self, *, limit: int) -> Sequence[UUID]:
        """See Moment."""
        return [row["stream_id"] for row in await self._connection.fetch(_HEADLESS_STREAMS, limit)]


def _stored(rows: Sequence[Any]) -> list[StoredEvent]:
    return [
        StoredEvent(row["shard"], one.sequence, one.event)
        for row, one in zip(rows, event_rows.recorded(rows), strict=True)
    ]


def _session(row: Any) -> SessionInUse | None:
    if row["of_contact"] is None:
        return None
    return SessionInUse(row["of_contact"], row["in_shard"], row["opened_at"], row["opened_seq"])


def _snapshot(row: Any) -> Snapshot:
    versions = dict(zip(row["streams"], row["versions"], strict=True))
    return Snapshot(
        row["contact_id"], row["shard"], row["seq"], row["form"], versions, row["state"]
    )


def _name(row: Any) -> tuple[AliasKey, AliasInUse]:
    key = AliasKey(row["phone_number_id"], row["alias"])
    return key, AliasInUse(row["contact_id"], row["shard"])
