"""Topics as any other team reads them: committed records only, from the first to the last."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer

from chaos.store import digest

_BYTES_AT_ONCE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its headers, and the digest of its value."""

    partition: int
    key: str
    headers: dict[str, str]
    digest: bytes
    timestamp: int
    """When its writer sent it, in milliseconds."""


async def read(bootstrap_servers: str, topic: str) -> AsyncIterator[Record]:
    """Give the records of every partition, each in order; none is left out."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_BYTES_AT_ONCE,
    )
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(one) < end for one, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield _record(record)


def _record(record: Any) -> Record:
    headers = {name: (content or b"").decode() for name, content in record.headers}
    key = (record.key or b"").decode(errors="replace")
    return Record(record.partition, key, headers, digest(record.value or b""), record.timestamp)
