"""What session-core really wrote for a workload: the floor writes exactly that, undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from bench.installation import Installation
from bench.topic import EventRecord, read_all
from domain.topics import PARTITIONS
from session_core.adapters import event_rows

COLUMNS = ("shard", *event_rows.COLUMNS)

Row: TypeAlias = tuple[Any, ...]
Written: TypeAlias = tuple[bytes, bytes, Sequence[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows of the event table and records of the topic, by shard and in order."""

    rows: Sequence[Sequence[Row]]
    records: Sequence[Sequence[Written]]

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum(len(rows) for rows in self.rows)

    def sizes(self) -> dict[str, float]:
        """Give the means that a reader of the figures wants to know."""
        rows = [row for shard in self.rows for row in shard]
        records = [record for shard in self.records for record in shard]
        return {
            "data_bytes": round(_mean([len(row[COLUMNS.index("data")]) for row in rows])),
            "record_bytes": round(_mean([_size(record) for record in records])),
        }


async def corpus(place: Installation, seen: Sequence[Sequence[EventRecord]]) -> Corpus:
    """Read back what a run of session-core left in the store; `seen` is what it published."""
    connection = await asyncpg.connect(place.database)
    try:
        rows = [await _rows(connection, shard) for shard in range(PARTITIONS)]
    finally:
        await connection.close()
    records = [[(one.key, one.value, list(one.headers)) for one in shard] for shard in seen]
    return Corpus(rows, records)


async def published(place: Installation) -> list[list[EventRecord]]:
    """Read everything that was published."""
    return await read_all(place.kafka, place.events)


async def _rows(connection: Any, shard: int) -> list[Row]:
    statement = f"SELECT {', '.join(COLUMNS)} FROM event WHERE shard = $1 ORDER BY seq"  # noqa: S608 ours
    return [tuple(row) for row in await connection.fetch(statement, shard)]


def _size(record: Written) -> int:
    key, value, headers = record
    return len(key) + len(value) + sum(len(name) + len(content) for name, content in headers)


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / max(1, len(numbers))
