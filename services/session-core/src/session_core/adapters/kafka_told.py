"""Reads at the end of a partition what readers were told beyond an event of ours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from domain.ports.event_store import fingerprint
from streaming.cloudevents import CloudEvent, InvalidCloudEvent, decode

_FIRST_STEP = 1024
_WIDER = 4
_POLL_MILLISECONDS = 20


async def told_beyond(
    consumer: AIOKafkaConsumer, partition: TopicPartition, after: int
) -> dict[int, bytes]:
    """Give fingerprints by number, going back from the end until what is before is met."""
    consumer.assign([partition])
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    step = _FIRST_STEP
    while True:
        lower = max(begin, end - step)
        told = await _told(consumer, partition, lower, end)
        if lower == begin or min(told, default=after + 1) <= after:
            return {number: one for number, one in told.items() if number > after}
        step *= _WIDER


async def _told(
    consumer: AIOKafkaConsumer, partition: TopicPartition, lower: int, end: int
) -> dict[int, bytes]:
    told: dict[int, bytes] = {}
    async for records in _between(consumer, partition, lower, end):
        for record in records:
            event = _event(record)
            if event is not None and event.sequence is not None:
                told[event.sequence] = fingerprint(
                    event.subject or "",
                    event.stream_version or 0,
                    event.id,
                    event.type,
                    record.value or b"",
                )
    return told


async def _between(
    consumer: AIOKafkaConsumer, partition: TopicPartition, lower: int, end: int
) -> AsyncIterator[Sequence[Any]]:
    consumer.seek(partition, lower)
    while await consumer.position(partition) < end:
        fetched = await consumer.getmany(partition, timeout_ms=_POLL_MILLISECONDS)
        yield fetched.get(partition, ())
        await asyncio.sleep(0)


def _event(record: Any) -> CloudEvent | None:
    try:
        return decode(record.value, record.headers)
    except InvalidCloudEvent:
        return None
