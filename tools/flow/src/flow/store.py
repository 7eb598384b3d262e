"""Past sessions, read from the event store. Nothing is written."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from domain import codec, events
from domain.session import Occasion
from domain.values import CommandId

_SESSION = """
SELECT type, data, command_id, happened_at, contact_id, shard, seq FROM event
WHERE stream_id = $1 ORDER BY version
"""
_CONTACT = """
SELECT type, data, command_id, happened_at FROM event
WHERE stream_id = $1 AND shard = $2 AND seq < $3 AND type LIKE 'contact.%' ORDER BY version
"""
_ERASED = "SELECT true FROM event WHERE stream_id = $1 AND type LIKE 'contact.erased.%' LIMIT 1"
_SINCE = "SELECT session_id FROM session WHERE opened_at >= $1 ORDER BY opened_at LIMIT $2"
_FLOWS = "SELECT name, version, source FROM flow"


class Past(NamedTuple):
    """A session as it was, and what was known of its person before."""

    session_id: UUID
    before: Sequence[tuple[events.Event, Occasion]]
    """Of the person: names, consent, language."""
    history: Sequence[tuple[events.Event, Occasion]]
    forgotten: bool
    """The person asked for it: nothing of theirs is to be shown."""


class Store:
    """A connection that only reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def session(self, session_id: UUID) -> Past | None:
        """Return a session, or none if there is none of this id."""
        rows = await self._connection.fetch(_SESSION, session_id)
        if not rows:
            return None
        first = rows[0]
        contact, place = first["contact_id"], (first["shard"], first["seq"])
        before = await self._connection.fetch(_CONTACT, contact, *place)
        forgotten = await self._connection.fetchval(_ERASED, contact)
        return Past(session_id, _events(before), _events(rows), forgotten=bool(forgotten))

    async def since(self, moment: datetime, most: int) -> Sequence[UUID]:
        """Return the sessions that began since, the oldest first, at most so many."""
        return [row[0] for row in await self._connection.fetch(_SINCE, moment, most)]

    async def flows(self) -> Mapping[tuple[str, str], str]:
        """Return the text of every version of every flow, by name and version."""
        return {(row[0], row[1]): row[2] for row in await self._connection.fetch(_FLOWS)}


@asynccontextmanager
async def reading(address: str) -> AsyncIterator[Store]:
    """Open the store. Raises OSError and asyncpg's errors when it is not there."""
    only = {"default_transaction_read_only": "on"}
    connection = await asyncpg.connect(address, timeout=10, server_settings=only)
    try:
        yield Store(connection)
    finally:
        connection.terminate()


def _events(rows: Iterable[Any]) -> list[tuple[events.Event, Occasion]]:
    return [
        (
            codec.decode_event(row["type"], row["data"]),
            Occasion(CommandId(row["command_id"]), row["happened_at"]),
        )
        for row in rows
    ]
