"""The floor: what a loop costs that only moves the bytes, without a domain. A process of its own.

It polls up to 500 commands, writes the same rows that session-core wrote for them by one COPY with
the offsets in the same transaction, and produces the same records with an idempotent producer and
one gather. Nothing is parsed, decided or encoded: rows and records come ready from the task.
"""

import asyncio
import gc
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.corpus import COLUMNS, Corpus
from domain.topics import MAX_MESSAGE_BYTES, PARTITIONS

MOST_COMMANDS = 500
_BATCH_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Task:
    """What the floor is to do: commands of each partition, and what they lead to."""

    kafka: str
    database: str
    commands_topic: str
    events_topic: str
    commands: Sequence[int]
    corpus: Corpus
    whole_batches: bool
    """Hand Kafka's client whole batches as session-core does; else record by record."""


class Floor:
    """The loop, with its connections open."""

    def __init__(self, task: Task, consumer: Any, producer: Any, connection: Any) -> None:
        self._task = task
        self._consumer = consumer
        self._producer = producer
        self._connection = connection
        self._polled = [0] * PARTITIONS
        self._written = [0] * PARTITIONS

    async def run(self) -> None:
        """Return when every command has been polled and what it leads to is written."""
        expected = sum(self._task.commands)
        while sum(self._polled) < expected:
            fetched = await self._consumer.getmany(timeout_ms=200, max_records=MOST_COMMANDS)
            if fetched:
                await self._step(fetched)

    async def _step(self, fetched: Mapping[TopicPartition, Sequence[Any]]) -> None:
        spans: dict[int, tuple[int, int]] = {}
        offsets: dict[int, int] = {}
        for partition, records in fetched.items():
            shard = partition.partition
            self._polled[shard] += len(records)
            offsets[shard] = records[-1].offset + 1
            spans[shard] = self._written[shard], self._due(shard)
            self._written[shard] = spans[shard][1]
        await self._store(spans, offsets)
        produce = self._batches if self._task.whole_batches else self._records
        await asyncio.gather(*await produce(spans))

    def _due(self, shard: int) -> int:
        """Say how many events the commands polled so far lead to."""
        rows = len(self._task.corpus.rows[shard])
        return rows * self._polled[shard] // self._task.commands[shard]

    async def _store(
        self, spans: Mapping[int, tuple[int, int]], offsets: Mapping[int, int]
    ) -> None:
        rows = [
            row
            for shard, (begin, end) in spans.items()
            for row in self._task.corpus.rows[shard][begin:end]
        ]
        moved = ",".join(f"({s},{offset},{spans[s][1]})" for s, offset in offsets.items())
        await self._connection.execute("BEGIN")
        if rows:
            await self._connection.copy_records_to_table("event", records=rows, columns=COLUMNS)
        await self._connection.execute(
            "UPDATE shard s SET next_offset = v.next, last_seq = v.last, updated_at = now()"  # noqa: S608 numbers
            f" FROM (VALUES {moved}) AS v (shard, next, last) WHERE s.shard = v.shard; COMMIT"
        )

    async def _records(self, spans: Mapping[int, tuple[int, int]]) -> list[Any]:
        topic, send = self._task.events_topic, self._producer.send
        return [
            await send(topic, value, key=key, partition=shard, headers=headers)
            for shard, (begin, end) in spans.items()
            for key, value, headers in self._task.corpus.records[shard][begin:end]
        ]

    async def _batches(self, spans: Mapping[int, tuple[int, int]]) -> list[Any]:
        acks: list[Any] = []
        for shard, (begin, end) in spans.items():
            batch = self._producer.create_batch()
            for key, value, headers in self._task.corpus.records[shard][begin:end]:
                if not _add(batch, key, value, headers):
                    acks.append(await self._send(batch, shard))
                    batch = self._producer.create_batch()
                    _add(batch, key, value, headers)
            if batch.record_count():
                acks.append(await self._send(batch, shard))
        return acks

    async def _send(self, batch: Any, shard: int) -> Any:
        return await self._producer.send_batch(batch, self._task.events_topic, partition=shard)


def _add(batch: Any, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> bool:
    return batch.append(timestamp=None, key=key, value=value, headers=headers) is not None


async def _run(task: Task, started: Callable[[], None]) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=task.kafka,
        isolation_level="read_committed",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=task.kafka,
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=_BATCH_BYTES,
        max_request_size=MAX_MESSAGE_BYTES,
        compression_type="lz4",
    )
    connection = await asyncpg.connect(task.database)
    partitions = [TopicPartition(task.commands_topic, number) for number in range(PARTITIONS)]
    await connection.execute(
        "INSERT INTO shard (shard) SELECT generate_series(0, $1::int - 1)", PARTITIONS
    )
    await producer.start()
    await consumer.start()
    try:
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, 0)
        started()
        await Floor(task, consumer, producer, connection).run()
        await asyncio.Event().wait()  # whoever measures us ends us
    finally:
        await consumer.stop()
        await producer.stop()
        await connection.close()


def main() -> None:
    """Run the task in the file that is named first; touch the second when ready."""
    task: Task = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 written by our parent
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(task, Path(sys.argv[2]).touch))


if __name__ == "__main__":
    # Unpickling names bench.floor: what runs must be that module, not a twin called __main__.
    from bench.floor import main as run

    run()
