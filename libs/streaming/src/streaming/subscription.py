"""The way below FastStream: it makes, starts and stops the consumer, we read from it ourselves."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from streaming.handling import Fetched
from streaming.leaving import leave

SESSION_TIMEOUT_MS = 10_000
HEARTBEAT_MS = 3_000
REBALANCE_TIMEOUT_MS = 30_000
"""Longer than the runner's grace: who lets go slowly must not be thrown out of the group."""


class Consumer(Protocol):
    """What the runner asks of Kafka's consumer."""

    async def getmany(  # noqa: D102
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Fetched]]: ...
    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None: ...  # noqa: D102
    async def committed(self, partition: TopicPartition) -> int | None: ...  # noqa: D102
    async def position(self, partition: TopicPartition) -> int: ...  # noqa: D102
    def highwater(self, partition: TopicPartition) -> int | None: ...  # noqa: D102
    async def end_offsets(  # noqa: D102
        self, partitions: Sequence[TopicPartition]
    ) -> Mapping[TopicPartition, int]: ...
    def assignment(self) -> frozenset[TopicPartition]: ...  # noqa: D102
    def paused(self) -> set[TopicPartition]: ...  # noqa: D102
    def pause(self, *partitions: TopicPartition) -> None: ...  # noqa: D102
    def resume(self, *partitions: TopicPartition) -> None: ...  # noqa: D102


class Subscription(Protocol):
    """A membership in a consumer group."""

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        """Join, and return once partitions are assigned; `listener` hears of changes."""

    def rejoin(self) -> None:
        """Let the group say anew whose the partitions are; `listener` hears of it."""

    def trouble(self) -> str | None:
        """Give None while the group knows us, else what stands in the way."""

    async def close(self) -> None:
        """Stop, and let the others have the partitions at once; who is alone keeps its seat."""


class KafkaSubscription:
    """A handler-less FastStream subscriber: its consumer, with the broker's security, no loop."""

    def __init__(self, broker: KafkaBroker, *, topic: str, group: str, instance_id: str) -> None:
        self._broker = broker
        self._topic = topic
        self._group = group
        self._instance_id = instance_id
        self._subscriber: Any = None

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        """Join the group; the broker must have been started."""
        self._subscriber = self._broker.subscriber(
            self._topic,
            group_id=self._group,
            group_instance_id=self._instance_id,
            listener=listener,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            persistent=False,
        )
        await self._subscriber.start()
        consumer: Consumer = self._subscriber.consumer
        return consumer

    def rejoin(self) -> None:
        """Join the group again, as after a missed rebalance."""
        self._subscriber.consumer._coordinator.request_rejoin()  # noqa: SLF001 there is no public way

    def trouble(self) -> str | None:
        """Give None while somebody coordinates the group, else the reason."""
        coordinator = self._subscriber.consumer._coordinator  # noqa: SLF001 there is no public way
        return "nobody coordinates the group" if coordinator.coordinator_id is None else None

    async def close(self) -> None:
        """Leave the group and stop the consumer; harmless when it was never opened."""
        if self._subscriber is not None:
            if self._subscriber.consumer is not None:
                await leave(self._subscriber.consumer, self._instance_id)
            await self._subscriber.stop()
