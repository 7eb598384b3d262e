"""The event store, read from outside: only what the checks need of each event is kept."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

_AT_ONCE = 5_000
_KEPT = ("message_id", "reply_id", "file_id", "event_id", "contact_id", "into", "reason", "code")
_OF_FILES = ("bucket", "key", "size", "sha256")
_SHARDS = "SELECT shard, last_seq, next_offset FROM shard ORDER BY shard"
_EVENTS = """
SELECT shard, seq, stream_id, version, event_id, type, data, recorded_at
FROM event WHERE shard = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""
_PARKED = "SELECT headers, reason FROM parked_command"


@dataclass(frozen=True, slots=True)
class Stored:
    """An event of the store; `fields` are the ids in its data, never what is personal."""

    shard: int
    sequence: int
    stream: UUID
    version: int
    id: UUID
    type: str
    digest: bytes
    recorded_at: datetime
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shard:
    """What the store says of one shard."""

    shard: int
    last_sequence: int
    next_offset: int


class Store:
    """A connection that only reads."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def shards(self) -> list[Shard]:
        """Return every shard. Raises OSError or asyncpg's errors while PostgreSQL is away."""
        async with _reading(self._address) as connection:
            return [Shard(*row) for row in await connection.fetch(_SHARDS)]

    async def events(self, seen: dict[int, int]) -> list[Stored]:
        """Return what came after `seen` (shard to sequence), which is moved on."""
        found: list[Stored] = []
        async with _reading(self._address) as connection:
            for shard in [row[0] for row in await connection.fetch(_SHARDS)]:
                rows = await connection.fetch(_EVENTS, shard, seen.get(shard, 0), _AT_ONCE)
                found += [_stored(row) for row in rows]
                if rows:
                    seen[shard] = rows[-1]["seq"]
        return found

    async def parked(self) -> list[tuple[str, str]]:
        """Return the command id and the reason of everything that session-core parked."""
        async with _reading(self._address) as connection:
            rows = await connection.fetch(_PARKED)
        return [(_command_id(row["headers"]), row["reason"]) for row in rows]


@asynccontextmanager
async def _reading(address: str) -> AsyncIterator[Any]:
    only = {"default_transaction_read_only": "on"}
    connection = await asyncpg.connect(address, timeout=5, command_timeout=30, server_settings=only)
    try:
        yield connection
    finally:
        connection.terminate()


def digest(content: bytes) -> bytes:
    """Return what stands for the bytes where they are compared."""
    return hashlib.blake2b(content, digest_size=16).digest()


def _stored(row: Any) -> Stored:
    content: bytes = row["data"]
    data = json.loads(content)
    wanted: Sequence[str] = (*_KEPT, *_OF_FILES) if row["type"].startswith("file.") else _KEPT
    return Stored(
        shard=row["shard"],
        sequence=row["seq"],
        stream=row["stream_id"],
        version=row["version"],
        id=row["event_id"],
        type=row["type"],
        digest=digest(content),
        recorded_at=row["recorded_at"],
        fields={name: data[name] for name in wanted if data.get(name) is not None},
    )


def _command_id(headers: bytes) -> str:
    named = {name: content for name, content in json.loads(headers) if content is not None}
    return base64.b64decode(named.get("ce_id", "")).decode(errors="replace")
