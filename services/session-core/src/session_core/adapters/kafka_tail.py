"""Finds the last record that readers of a partition can see, wherever aborted ones hide it."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

_FIRST_STEP = 4
_WIDER = 8
_POLL_MILLISECONDS = 10
"""Marks of transactions alone move the position without waking whoever waits for records."""


async def last_record(consumer: AIOKafkaConsumer, partition: TopicPartition) -> Any | None:
    """Return the last committed record, or None if the log holds none.

    The consumer reads committed records only and belongs to no group.
    """
    consumer.assign([partition])
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    step, upper = _FIRST_STEP, end
    while upper > begin:
        lower = max(begin, end - step)
        found = await _last_within(consumer, partition, lower, end)
        if found is not None:
            return found
        upper, step = lower, step * _WIDER
    return None


async def _last_within(
    consumer: AIOKafkaConsumer, partition: TopicPartition, lower: int, end: int
) -> Any | None:
    consumer.seek(partition, lower)
    last = None
    while await consumer.position(partition) < end:
        fetched = await consumer.getmany(partition, timeout_ms=_POLL_MILLISECONDS)
        records = fetched.get(partition, [])
        last = records[-1] if records else last
        await asyncio.sleep(0)
    return last
