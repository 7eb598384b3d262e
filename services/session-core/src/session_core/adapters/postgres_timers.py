"""Which timers are due, found by an index that begins with the shard."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.ports.event_store import Timer, TimerKey

DUE = """
SELECT s.shard, t.session_id, t.kind, t.contact_id, t.due_at
FROM unnest($1::smallint[]) AS s (shard) CROSS JOIN LATERAL (
    SELECT session_id, kind, contact_id, due_at FROM timer
    WHERE shard = s.shard AND due_at <= $2 ORDER BY due_at, session_id LIMIT $3
) t
ORDER BY s.shard, t.due_at, t.session_id
"""


async def due(
    connection: Any, shards: Collection[int], until: datetime, limit: int
) -> Mapping[int, Sequence[Timer]]:
    """Read what is due by then, at most `limit` of a shard, earliest first."""
    found: dict[int, list[Timer]] = {}
    for row in await connection.fetch(DUE, list(shards), until, limit):
        key = TimerKey(row["session_id"], row["kind"])
        timer = Timer(key, row["contact_id"], row["due_at"])
        found.setdefault(row["shard"], []).append(timer)
    return found
