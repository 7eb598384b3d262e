"""Where a group begins that has read nothing yet."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, KafkaError

from streaming.kafka import KafkaSettings
from streaming.retrying import Retry

Begin: TypeAlias = Literal["beginning", "now"] | datetime
_log = structlog.get_logger(__name__)


class Beginning:
    """Gives a group without offsets its first ones, before its members join.

    A group that has offsets, in however few partitions, goes on from there, and new partitions
    are read from their beginning: nothing is passed over that came after the first start.
    `topic` and `group` are names as on the cluster.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        topic: str,
        group: str,
        begin: Begin,
        retry: Retry = Retry(),  # noqa: B008 frozen
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._group = group
        self._begin = begin
        self._retry = retry

    async def start(self) -> None:
        """Return once the group has a position; Kafka may be away for as long as it likes."""
        if self._begin == "beginning":
            return  # as everybody begins who has no position
        for failed in itertools.count(1):
            try:
                await self._settle(self._begin)
            except (KafkaError, OSError) as error:
                _log.warning("no first position yet", topic=self._topic, exc_info=error)
                await asyncio.sleep(self._retry.delay(failed))
            else:
                return

    async def stop(self) -> None:
        """Nothing is open any more."""

    async def _settle(self, begin: Literal["now"] | datetime) -> None:
        partitions = await self._partitions()
        consumer = AIOKafkaConsumer(
            **self._settings.client("-beginning"),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="latest",
        )
        try:
            await consumer.start()
            consumer.assign(partitions)
            if any([await consumer.committed(at) is not None for at in partitions]):
                return
            offsets = await _offsets(consumer, partitions, begin)
            await consumer.commit(offsets)
            _log.info("begins", topic=self._topic, group=self._group, at=str(begin))
        except CommitFailedError:
            _log.info("another instance was faster", topic=self._topic, group=self._group)
        finally:
            await consumer.stop()

    async def _partitions(self) -> Sequence[TopicPartition]:
        admin = AIOKafkaAdminClient(**self._settings.client("-beginning"))
        try:
            await admin.start()
            (found,) = await admin.describe_topics([self._topic])
        finally:
            await admin.close()
        return [TopicPartition(self._topic, one["partition"]) for one in found["partitions"]]


async def _offsets(
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
    begin: Literal["now"] | datetime,
) -> Mapping[TopicPartition, int]:
    """Give the ends, or the first records at or after a time; where there are none, the ends."""
    ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    if begin == "now":
        return ends
    since = int(begin.timestamp() * 1000)
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
    return ends | {at: one.offset for at, one in found.items() if one is not None}
