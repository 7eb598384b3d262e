"""Lets a side work through a topic that fills at once, and times it by the records it publishes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from bench import topic
from bench.claim import CommandRecord
from bench.corpus import published
from bench.installation import Installation
from bench.sides import Measured
from bench.topic import EventRecord, Filled

_LOOK_SECONDS = 0.1
_SETTLE_SECONDS = 30.0


class NotDrained(Exception):
    """The side did not come to the end of the topic in time."""


@dataclass(frozen=True, slots=True)
class Drained:
    """How it went, from the moment the commands were visible to the last event published."""

    commands: int
    seconds: float
    cpu_seconds: float
    seen: Sequence[Sequence[EventRecord]]

    @property
    def events(self) -> int:
        """How many events were published."""
        return sum(len(records) for records in self.seen)

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.commands / self.seconds

    def figures(self) -> dict[str, float]:
        """Give what is written down of a run."""
        return {
            "commands_per_s": round(self.rate, 1),
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "events": self.events,
        }


async def drain(
    side: Measured,
    place: Installation,
    records: Sequence[CommandRecord],
    *,
    patience_s: float = 600,
) -> Drained:
    """Fill the topic, wait until all has been worked through, and read what came of it.

    Raises NotDrained, and SideFailed if the process ends before.
    """
    used, before = side.cpu_seconds(), await _events_before(place)
    filled = await topic.fill(place.kafka, place.commands, records)
    stored = await settled(side, place, filled, patience_s=patience_s)
    events = stored - before
    used = side.cpu_seconds() - used
    seen = await _published(place, events)
    last = max(record.timestamp for shard in seen for record in shard)
    return Drained(len(records), last - filled.at, used, seen)


async def _events_before(place: Installation) -> int:
    connection = await asyncpg.connect(place.database)
    try:
        return int(await connection.fetchval("SELECT coalesce(sum(last_seq), 0) FROM shard"))
    finally:
        await connection.close()


async def settled(side: Measured, place: Installation, filled: Filled, *, patience_s: float) -> int:
    """Return how many events the store holds once all that was filled in had its effect."""
    deadline = time.monotonic() + patience_s
    connection = await asyncpg.connect(place.database)
    try:
        while time.monotonic() < deadline:
            rows = await connection.fetch("SELECT shard, next_offset, last_seq FROM shard")
            offsets = {row["shard"]: row["next_offset"] for row in rows}
            if all(offsets.get(shard, 0) >= end for shard, end in filled.ends.items()):
                return sum(row["last_seq"] for row in rows)
            side.check()
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await connection.close()
    raise NotDrained(f"not all commands were stored in time (log: {side.log})")


async def _published(place: Installation, events: int) -> list[list[EventRecord]]:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        seen = await published(place)
        if sum(len(records) for records in seen) == events:
            return seen
        await asyncio.sleep(_LOOK_SECONDS)
    raise NotDrained(f"{events} events are stored, another number is published")
