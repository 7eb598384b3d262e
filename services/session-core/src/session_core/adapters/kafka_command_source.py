"""Commands from Kafka, read from the offsets of the store and never from Kafka's own."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from faststream.kafka import KafkaBroker

from domain.ports.command_source import Bounds, Delivery, OffsetsGone, SourceUnavailable
from domain.topics import MAX_MESSAGE_BYTES, SESSION_COMMANDS
from session_core.adapters.kafka_membership import Membership
from streaming.kafka import KafkaSettings

GROUP = "session-core"
SESSION_SECONDS = 8.0
_HEARTBEAT_MILLISECONDS = 1_000
"""Also how soon the others notice that somebody came or left: all wait for the last to notice."""
_REBALANCE_MILLISECONDS = 30_000
_NEVER_MILLISECONDS = 10 * 365 * 24 * 3600 * 1000
"""aiokafka leaves a group, and stays away, when nobody polls: as when no shard can be taken."""
_LOOK_SECONDS = 0.5
_FETCH_WAIT_MILLISECONDS = 20
"""aiokafka has one fetch under way per broker: a partition that was just emptied waits for it."""
_ANSWER_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class KafkaCommandSource:
    """CommandSource on FastStream's consumer, without FastStream's loop.

    `assigned` is called with partitions that are paused already; `revoked` is waited for.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        settings: KafkaSettings,
        *,
        instance_id: str,
        session_seconds: float = SESSION_SECONDS,
    ) -> None:
        self._topic = settings.topic(SESSION_COMMANDS.name)
        self._instance_id = instance_id
        self._listener = _Listener(self._sit_down, self._before_joining_again)
        self._seat = ""
        self._looked_around = False
        self._replaced = asyncio.Event()
        self._subscriber: Any = broker.subscriber(
            self._topic,
            group_id=settings.group(GROUP),
            group_instance_id=instance_id,
            listener=self._listener,
            auto_offset_reset="none",
            isolation_level="read_committed",
            session_timeout_ms=int(session_seconds * 1000),
            heartbeat_interval_ms=_HEARTBEAT_MILLISECONDS,
            rebalance_timeout_ms=_REBALANCE_MILLISECONDS,
            max_poll_interval_ms=_NEVER_MILLISECONDS,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            fetch_max_wait_ms=_FETCH_WAIT_MILLISECONDS,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )

    def when(
        self,
        *,
        assigned: Callable[[Iterable[int]], None],
        revoked: Callable[[], Any],
    ) -> None:
        """Say who is to be told of rebalances; to be called before the broker starts."""
        self._listener.assigned = assigned
        self._listener.revoked = revoked

    async def bounds(self, shard: int) -> Bounds:
        """See CommandSource."""
        partition = self._partition(shard)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                begin = await self._consumer.beginning_offsets([partition])
                end = await self._consumer.end_offsets([partition])
        except (KafkaError, OSError, TimeoutError) as error:
            raise SourceUnavailable(f"no offsets: {type(error).__name__}") from error
        return Bounds(begin[partition], end[partition])

    async def ends(self, shards: Collection[int]) -> Mapping[int, int]:
        """See CommandSource."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                ends = await self._consumer.end_offsets([self._partition(one) for one in shards])
        except (KafkaError, OSError, TimeoutError) as error:
            raise SourceUnavailable(f"no offsets: {type(error).__name__}") from error
        return {partition.partition: end for partition, end in ends.items()}

    def read_from(self, shard: int, offset: int) -> None:
        """See CommandSource."""
        partition = self._partition(shard)
        try:
            self._consumer.seek(partition, offset)
            self._consumer.resume(partition)
        except (IllegalStateError, SourceUnavailable):  # taken from us a moment ago, or stopping
            _log.info("shard is not assigned any more", shard=shard)

    async def poll(
        self,
        shards: Sequence[int],
        *,
        limit: int,
        timeout: float,  # noqa: ASYNC109 as in CommandSource
    ) -> Sequence[Delivery]:
        """See CommandSource."""
        partitions = [self._partition(shard) for shard in shards]
        try:
            fetched = await self._consumer.getmany(
                *partitions, timeout_ms=int(timeout * 1000), max_records=limit
            )
        except NoOffsetForPartitionError:  # of a partition that is still paused and not yet sought
            return []
        except OffsetOutOfRangeError as error:
            raise OffsetsGone(partition.partition for partition in error.args[0]) from error
        except KafkaError as error:
            raise SourceUnavailable(type(error).__name__) from error
        return [_delivery(record) for records in fetched.values() for record in records]

    async def passed(self, shard: int) -> int | None:
        """See CommandSource."""
        try:
            async with asyncio.timeout(0):  # nothing is awaited where the offset is known
                return int(await self._consumer.position(self._partition(shard)))
        except (KafkaError, SourceUnavailable, TimeoutError):
            return None

    async def show_progress(self, offsets: Mapping[int, int]) -> None:
        """Commit to Kafka as well, for dashboards of lag alone; failing is harmless."""
        committed = {self._partition(shard): offset for shard, offset in offsets.items()}
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._consumer.commit(committed)
        except (KafkaError, SourceUnavailable, OSError, TimeoutError) as error:
            _log.debug("progress not shown", reason=type(error).__name__)

    def ready(self) -> str | None:
        """Give None while we are a member of the group, else what stands in the way."""
        try:
            return self._membership.trouble()
        except SourceUnavailable as unavailable:
            return str(unavailable)

    async def died(self) -> str:
        """Return the reason once partitions cannot be ours any more: only a restart may help."""
        while not self._replaced.is_set():
            membership = self._membership
            if reason := membership.ended():
                return f"the consumer stopped coordinating: {reason}"
            if membership.refused and not await self._is_replaced():
                membership.try_again()
            await self._look_around()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._replaced.wait()
        return f"another process runs as {self._instance_id}: instance ids must be unique"

    async def leave(self) -> None:
        """Hand the partitions to the other instances; what came of them is stored by now."""
        with suppress(SourceUnavailable):
            if self._replaced.is_set():
                self._membership.abandon()
            else:
                await self._membership.leave()

    async def _look_around(self) -> None:
        """Once: who is back in time gets the old seat, without what was added meanwhile."""
        if self._looked_around or not self._seat:
            return
        with suppress(KafkaError, OSError):
            left_out = await self._membership.leaves_out(self._topic)
            self._looked_around = left_out is not None
            if left_out:
                _log.warning("partitions without a reader: sharing out anew")
                self._membership.join_again()

    async def _is_replaced(self) -> bool:
        try:
            taken = await self._membership.taken(ours=self._seat)
        except (KafkaError, OSError):
            return False  # joining will not go better, and then we look again
        if taken:
            self._replaced.set()
        return taken

    async def _before_joining_again(self) -> None:
        """Return unless somebody else has our seat: it would go back and forth for ever."""
        if not self._membership.id and await self._is_replaced():
            await asyncio.Event().wait()

    @property
    def _membership(self) -> Membership:
        return Membership(self._consumer, self._instance_id)

    @property
    def _consumer(self) -> Any:
        consumer = self._subscriber.consumer
        if consumer is None:
            raise SourceUnavailable("the consumer is not running")
        return consumer

    def _sit_down(self, partitions: Iterable[TopicPartition]) -> None:
        """Pause before anything is awaited: fetching has begun at Kafka's own offset already."""
        self._consumer.pause(*partitions)
        self._seat = self._membership.id

    def _partition(self, shard: int) -> TopicPartition:
        return TopicPartition(self._topic, shard)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(
        self,
        sit_down: Callable[[Iterable[TopicPartition]], None],
        before_joining_again: Callable[[], Awaitable[None]],
    ) -> None:
        self._sit_down = sit_down
        self._before_joining_again = before_joining_again
        self._joined = False
        self.assigned: Callable[[Iterable[int]], None] = lambda _: None
        self.revoked: Callable[[], Any] | None = None

    async def on_partitions_revoked(self, _: set[TopicPartition]) -> None:
        """Is called before each time that we join, also if we had no partition."""
        if not self._joined:
            return
        if self.revoked is not None:
            await self.revoked()
        await self._before_joining_again()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._sit_down(assigned)
        self._joined = True
        self.assigned(sorted(partition.partition for partition in assigned))


def _delivery(record: Any) -> Delivery:
    place = record.partition, record.offset
    content = record.key, record.value, record.headers, record.timestamp
    return tuple.__new__(Delivery, (*place, *content))  # in half the time of calling the class
