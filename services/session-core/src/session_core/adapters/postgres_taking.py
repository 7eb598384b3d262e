"""Takes a shard, also from an owner who froze while holding its row."""

from typing import Any

import asyncpg

from domain.ports.event_store import Lease, ParkingPermit

HELD_SECONDS = 2
"""For so long the row is waited for before the owner is suspected."""

_TAKE = """
INSERT INTO shard AS s (shard, epoch, owner) VALUES ($1, 1, $2)
ON CONFLICT (shard) DO UPDATE SET epoch = s.epoch + 1, owner = $2, updated_at = now()
RETURNING epoch, next_offset, last_seq, published_seq,
    (SELECT count(*) FROM parked_command p WHERE p.shard = s.shard
     AND parked_at > now() - interval '5 minutes'
     AND redriven_at IS NULL AND dismissed_at IS NULL) AS parked,
    (SELECT ROW(most, extract(epoch FROM until - now())::float8) FROM parking_permit p
     WHERE p.shard = s.shard AND until > now()) AS permit
"""
# A COPY that waits for its client knows no time limit of the server; only ending its backend does.
_END_HOLDER = """
SELECT pg_terminate_backend(a.pid, 1000) FROM shard s JOIN pg_stat_activity a
ON a.backend_xid = s.xmax WHERE s.shard = $1 AND a.wait_event_type = 'Client'
"""


async def take(connection: Any, shard: int, owner: str) -> Lease:
    """Raise the epoch; what a frozen owner had begun is undone, what one at work writes is seen."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{HELD_SECONDS}s'")
            row = await connection.fetchrow(_TAKE, shard, owner)
    except asyncpg.LockNotAvailableError:
        await connection.execute(_END_HOLDER, shard)
        row = await connection.fetchrow(_TAKE, shard, owner)
    return _lease(shard, row)


def _lease(shard: int, row: Any) -> Lease:
    return Lease(
        shard=shard,
        epoch=row["epoch"],
        next_offset=row["next_offset"],
        last_sequence=row["last_seq"],
        published_sequence=row["published_seq"],
        parked_lately=row["parked"],
        permit=ParkingPermit(*row["permit"]) if row["permit"] else None,
    )
