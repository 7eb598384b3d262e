"""Reading `session-events` with an ear ahead of the queue, and never before the ledger is read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition

from domain.ports.sending_ledger import LedgerUnavailable
from streaming.cloudevents import InvalidCloudEvent, decode
from streaming.handling import Fetched
from streaming.runner import Record
from streaming.subscription import Consumer, Subscription

Batch: TypeAlias = Mapping[TopicPartition, Sequence[Fetched]]

_RETRY_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class AttentiveSubscription:
    """A subscription whose records are shown to `on_fetched` before they are queued.

    After every assignment, also of partitions that we had before, `on_assigned` is awaited with
    all that are ours, for as long as it raises LedgerUnavailable; until then nothing is given.
    """

    def __init__(
        self,
        inner: Subscription,
        *,
        on_assigned: Callable[[frozenset[int]], Awaitable[None]],
        on_fetched: Callable[[Record], None],
    ) -> None:
        self._inner = inner
        self._on_assigned = on_assigned
        self._on_fetched = on_fetched
        self._assignments = 0
        self._prepared = 0
        self._between = False
        self._consumer: Consumer | None = None

    async def open(self, listener: ConsumerRebalanceListener) -> Consumer:
        """Join the group."""
        self._consumer = await self._inner.open(_Listener(listener, self))
        return _AttentiveConsumer(self._consumer, self._attend)

    async def close(self) -> None:
        """Leave as the inner subscription does."""
        await self._inner.close()

    def ready(self) -> str | None:
        """Give None unless the ledger of our partitions is still to be read."""
        return None if self._prepared == self._assignments else "reading the ledger"

    def revoked(self) -> None:
        """Give nothing more until there is a new assignment."""
        self._assignments += 1
        self._between = True

    def assigned(self) -> None:
        """Prepare before the next record."""
        self._assignments += 1
        self._between = False

    async def _attend(self, batch: Batch) -> Batch:
        """Prepare if need be; what was fetched for an assignment that is over is left to the next.

        Positions begin again at the committed offsets then, so nothing is skipped.
        """
        while self._prepared != (assignment := self._assignments):
            if not self._between:
                await self._prepare(assignment)
            if self._between or self._assignments != assignment:
                return {}
        for records in batch.values():
            for record in records:
                self._show(record)
        return batch

    async def _prepare(self, assignment: int) -> None:
        owned = self._consumer.assignment() if self._consumer else frozenset()
        try:
            await self._on_assigned(frozenset(at.partition for at in owned))
        except LedgerUnavailable as error:
            _log.warning("the ledger could not be read, will try again", exc_info=error)
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            self._prepared = assignment

    def _show(self, fetched: Fetched) -> None:
        try:
            event = decode(fetched.value, fetched.headers)
        except InvalidCloudEvent:
            return  # the runner parks it in its turn
        self._on_fetched(
            Record(
                topic=fetched.topic,
                partition=fetched.partition,
                offset=fetched.offset,
                key=fetched.key,
                value=fetched.value,
                headers=fetched.headers,
                timestamp=fetched.timestamp,
                event=event,
            )
        )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Tells the subscription what happens to its partitions before the runner hears of it."""

    def __init__(
        self, inner: ConsumerRebalanceListener, subscription: AttentiveSubscription
    ) -> None:
        self._inner = inner
        self._subscription = subscription

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._subscription.revoked()
        await self._inner.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._subscription.assigned()
        await self._inner.on_partitions_assigned(assigned)


class _AttentiveConsumer:
    """Kafka's consumer, with every batch attended to."""

    def __init__(self, inner: Consumer, attend: Callable[[Batch], Awaitable[Batch]]) -> None:
        self._inner = inner
        self._attend = attend
        self.commit = inner.commit
        self.position = inner.position
        self.highwater = inner.highwater
        self.assignment = inner.assignment
        self.paused = inner.paused
        self.pause = inner.pause
        self.resume = inner.resume

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Batch:
        """Fetch, but give nothing that was not prepared for."""
        fetched = await self._inner.getmany(timeout_ms=timeout_ms, max_records=max_records)
        return await self._attend(fetched)
