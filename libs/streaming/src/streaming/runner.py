"""Reads a topic in a consumer group: order per key, keys side by side, nothing skipped."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from faststream.kafka import KafkaBroker

from streaming import metrics
from streaming.cloudevents import InvalidCloudEvent
from streaming.generation import Generation
from streaming.handling import Failures, Fetched, Handling, Parks, Record, read
from streaming.kafka import PublishFailed
from streaming.retrying import Retry
from streaming.standing import Standing
from streaming.standstill import Standstill, watch
from streaming.subscription import Consumer, KafkaSubscription, Subscription

__all__ = ["KeyedRunner", "Record", "Retry"]

GRACE_SECONDS = 5.0
_COMMIT_SECONDS = 1.0
_COMMIT_RECORDS = 500
_POLL_SECONDS = 0.2
_POLL_RECORDS = 500
_STANDSTILL_POLL_SECONDS = 5.0
_PROBE_SECONDS = 0.5
_KAFKA_GONE_SECONDS = 60.0
_REBALANCE_SECONDS = 45.0
_log = structlog.get_logger(__name__)


class KeyedRunner:
    """Events of one key in order, different keys concurrently, at least once, none skipped.

    `topic` and `group` are names as on the cluster (`KafkaSettings.topic`, `.group`).
    `handle` is called with each record until it returns: again after an exception of
    `unavailable` (for ever, with backoff), never again after one of `rejected` (its class and
    text go into the parked record, so the text holds no personal data). Any other exception
    is a bug of ours: three more attempts, then parked; more than 20 such in 5 minutes stop it.
    An `after` of an unavailable one is how many seconds the other side asks us to wait.
    Effects must be idempotent by `event.id`: after a crash records are handled again.

    Of `max_buffered` records in memory a key that waits takes half at the most. Once more than a
    quarter are queued its partition is read no further, until half of these are done; others are.

    `on_assigned` is awaited with the partitions taken over, each with the offset where reading
    begins, before any of their records is shown to anybody; what it raises of `unavailable` or
    Kafka's errors is repeated.
    `on_released` is awaited when they are let go, with the seconds that it may take.
    `on_fetched` is called with each readable record, in offset order, before it is queued; of one
    for which it gives True, `wanted` is not asked.
    `wanted` is asked by `ce_type`: other records are finished as soon as they were shown, without
    queue, buffer or handler, and say nothing of whether what the handlers call is there.
    """

    def __init__(
        self,
        *,
        broker: KafkaBroker,
        topic: str,
        group: str,
        instance_id: str,
        handle: Callable[[Record], Awaitable[None]],
        park: Parks,
        unavailable: tuple[type[Exception], ...],
        rejected: tuple[type[Exception], ...],
        concurrency: int = 64,
        max_buffered: int = 1000,
        retry: Retry = Retry(first=0.2, most=10.0),  # noqa: B008 frozen
        on_assigned: Callable[[Mapping[int, int]], Awaitable[None]] | None = None,
        on_released: Callable[[float], Awaitable[None]] | None = None,
        on_fetched: Callable[[Record], bool | None] | None = None,
        wanted: Callable[[str], bool] | None = None,
        subscription: Subscription | None = None,
        grace: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subscription = subscription or KafkaSubscription(
            broker, topic=topic, group=group, instance_id=instance_id
        )
        self._reader = topic, group
        self._standing = Standing(topic, group)
        self._max_buffered = max_buffered
        self._max_queued = max(2, max_buffered // 4)
        self._grace = grace
        self._handling = Handling(
            handle,
            park,
            Failures(unavailable, rejected),
            reader=self._reader,
            concurrency=concurrency,
            retry=retry,
            clock=clock,
        )
        self._clock = clock
        self._retry = retry
        self._trouble = (*unavailable, KafkaError, TimeoutError, PublishFailed)
        self._on_assigned = on_assigned
        self._on_released = on_released
        self._on_fetched = on_fetched
        self._wanted = wanted
        self._generation = self._next_generation()
        self._opening: asyncio.Task[None] | None = None
        self._consumer: Consumer | None = None
        self._joined = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._moved = asyncio.Event()
        self._commit_due = asyncio.Event()
        self._committing = asyncio.Lock()
        self._since_commit = 0
        self._crowded: set[int] = set()
        self._rebalancing_since: float | None = None
        self._standstill = Standstill(clock)
        self._fault: str | None = "not started"
        self._dead = asyncio.Event()

    async def start(self) -> None:
        """Join the group and begin; returns once partitions are assigned (possibly none)."""
        self._consumer = await self._subscription.open(_Listener(self))
        self._joined.set()
        self._fault = None
        self._tasks = [
            asyncio.create_task(self._guarded(loop), name=loop.__name__)
            for loop in (self._read, self._keep_committing, self._keep_watching)
        ]

    async def stop(self) -> None:
        """Fetch no more, give handlers their grace, commit what is finished, leave."""
        await _cancelled([*self._tasks[:1], *([self._opening] if self._opening else [])])
        await self._close(self._generation)
        await self._commit(self._generation)
        await _cancelled(self._tasks[1:])
        self._fault = self._fault or "stopped"
        await self._subscription.close()

    def ready(self) -> str | None:
        """Give None while events are handled, else the reason why not.

        An outage of what the handlers call is no reason: restarting would not mend it.
        """
        if self._fault or self._handling.halted:
            return self._fault or self._handling.halted
        if self._generation.is_open:
            return self._subscription.trouble() or self._standstill.reason()
        waited = self._clock() - (self._rebalancing_since or 0.0)
        return "waiting for partitions" if waited > _REBALANCE_SECONDS else None

    def status(self) -> str | None:
        """Give what a person should know although the runner is ready, else None."""
        if self._handling.circuit.is_open:
            return "paused: what the handlers call is unavailable, one probe at a time goes on"
        return None

    def rejoin(self) -> None:
        """Take the partitions over anew, if they still are ours: `on_assigned` runs again."""
        if self._generation.is_open:
            _log.warning("joining the group anew", topic=self._reader[0])
            self._subscription.rejoin()

    async def died(self) -> str:
        """Return the reason once events are no longer read and only a restart helps."""
        await self._dead.wait()
        return self._fault or "stopped"

    async def _read(self) -> None:
        consumer, failing_since = self._opened(), None
        while True:
            self._standstill.turn()
            room = await self._room()
            self._hold_back(everything=room <= 0)
            try:
                batch = await consumer.getmany(
                    timeout_ms=int(_POLL_SECONDS * 1000) if room > 0 else 0,
                    max_records=max(1, min(room, self._max_queued, _POLL_RECORDS)),
                )
            except KafkaError as error:
                failing_since = failing_since or self._clock()
                if self._clock() - failing_since > _KAFKA_GONE_SECONDS:
                    raise
                _log.warning("could not fetch", topic=self._reader[0], exc_info=error)
                await asyncio.sleep(1)
            else:
                failing_since = None
                self._generation.admit(batch)
                self._count(batch)
                await asyncio.sleep(0)  # a batch of which nothing is wanted waits for nobody else

    async def _room(self) -> int:
        """Wait until more may be fetched, but only as long as Kafka's client may be left alone."""
        if (room := self._room_now()) > 0:
            return room
        is_open = self._handling.circuit.is_open
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PROBE_SECONDS if is_open else _STANDSTILL_POLL_SECONDS):
                while self._room_now() <= 0:
                    self._moved.clear()
                    await self._moved.wait()
        return self._room_now()

    def _room_now(self) -> int:
        if self._handling.halted or not self._generation.is_open:
            return 0
        unfinished, keys = self._generation.unfinished, self._generation.keys
        room = self._max_buffered - unfinished
        # Somebody must be the probe: a rebalance can take all away who could, and all who are left
        # may be refused for what they are.
        if self._handling.circuit.is_open and unfinished:
            return min(1, room) if self._handling.lacks_a_probe(keys) else 0
        return room

    def _hold_back(self, *, everything: bool) -> None:
        """Let Kafka keep the backlog of partitions that stand still; others go on."""
        consumer = self._opened()
        self._crowded = self._generation.crowded(self._crowded)
        held = {at for at in consumer.assignment() if everything or at.partition in self._crowded}
        paused = consumer.paused()
        if held - paused:
            consumer.pause(*(held - paused))
        if paused - held:
            consumer.resume(*(paused - held))

    async def _keep_committing(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_COMMIT_SECONDS):
                    await self._commit_due.wait()
            self._commit_due.clear()
            await self._commit(self._generation)
            self._gauge()
            await self._standing.show(self._opened(), self._generation)

    async def _keep_watching(self) -> None:
        await watch(self._opened(), self._standstill)

    async def _commit(self, generation: Generation) -> None:
        async with self._committing:
            offsets = generation.uncommitted()
            if not offsets or self._consumer is None:
                return
            try:
                async with asyncio.timeout(self._grace):
                    await self._consumer.commit(offsets)
            except (CommitFailedError, IllegalStateError) as error:
                _log.warning("partitions were lost before the commit", exc_info=error)
            except (KafkaError, TimeoutError) as error:
                _log.warning("could not commit, will try again", exc_info=error)
            else:
                generation.committed(offsets)

    async def let_go(self) -> None:
        """Finish what runs and commit before the partitions go to somebody else."""
        self._rebalancing_since = self._clock()
        if self._opening is not None:
            await _cancelled([self._opening])
        metrics.REBALANCED.labels(*self._reader).inc()
        ending, self._generation = self._generation, self._next_generation()
        await self._close(ending)
        await self._commit(ending)
        if self._consumer is not None:
            self._standing.forget(self._consumer.assignment())
        self._moved.set()

    async def _close(self, ending: Generation) -> None:
        released = self._on_released(self._grace) if self._on_released else asyncio.sleep(0)
        await asyncio.gather(ending.close(self._grace), released)

    def take_on(self, assigned: set[TopicPartition]) -> None:
        """Go on with the partitions that are ours now, once `on_assigned` has prepared for them.

        Not awaited by the listener: Kafka's client sends no heartbeats while a listener runs.
        """
        partitions = sorted(at.partition for at in assigned)
        _log.info("assigned", topic=self._reader[0], partitions=partitions)
        if self._on_assigned is None:
            self._open()
        else:
            self._opening = asyncio.create_task(self._prepare(self._on_assigned, assigned))

    async def _prepare(
        self,
        on_assigned: Callable[[Mapping[int, int]], Awaitable[None]],
        assigned: Collection[TopicPartition],
    ) -> None:
        for failed in itertools.count(1):
            try:
                begins = {at.partition: await self._committed(at) for at in assigned}
                await on_assigned(begins)
            except self._trouble as error:
                _log.warning("could not take over", topic=self._reader[0], exc_info=error)
                await asyncio.sleep(self._retry.delay(failed))
            except Exception as error:  # noqa: BLE001 told, and the process restarts
                self.fail("taking over failed", error)
                return
            else:
                self._open()
                return

    async def _committed(self, at: TopicPartition) -> int:
        await self._joined.wait()  # the first assignment comes while we join
        return await self._opened().committed(at) or 0

    def _open(self) -> None:
        self._generation.open()
        self._moved.set()

    def _look(self, fetched: Fetched) -> Fetched | Record | None:
        """Show a record ahead of its queue, and give what is to be handled.

        What cannot be read is handled too: it is parked in its turn.
        """
        if self._on_fetched is None and self._wanted is None:
            return fetched
        try:
            record = read(fetched)
        except InvalidCloudEvent:
            return fetched
        if self._on_fetched is not None and self._show(record, self._on_fetched):
            return record
        return record if self._wanted is None or self._wanted(record.event.type) else None

    def _show(self, record: Record, on_fetched: Callable[[Record], bool | None]) -> bool | None:
        try:
            return on_fetched(record)
        except Exception as error:  # noqa: BLE001 looking ahead failed; the handler still gets it
            _log.error("looking ahead failed", offset=record.offset, exc_info=error)
            return None

    def fail(self, reason: str, error: BaseException) -> None:
        """Note that only a restart helps."""
        _log.error("the runner failed", topic=self._reader[0], reason=reason, exc_info=error)
        self._fault = f"{reason}: {type(error).__name__}"
        self._dead.set()

    def _next_generation(self) -> Generation:
        return Generation(
            self._handling,
            finished=self._finished,
            crashed=lambda error: self.fail("handling broke", error),
            most_queued=self._max_queued,
            look=self._look,
        )

    def _finished(self) -> None:
        self._moved.set()
        self._since_commit += 1
        if self._since_commit >= _COMMIT_RECORDS:
            self._since_commit = 0
            self._commit_due.set()

    def _count(self, batch: Mapping[TopicPartition, Sequence[Fetched]]) -> None:
        if fetched := sum(map(len, batch.values())):
            metrics.FETCHED.labels(*self._reader).observe(fetched)
            metrics.consumed(*self._reader).inc(fetched)
        self._gauge()

    def _gauge(self) -> None:
        metrics.BUFFERED.labels(*self._reader).set(self._generation.unfinished)
        metrics.CIRCUIT_OPEN.labels(*self._reader).set(self._handling.circuit.is_open)

    async def _guarded(self, loop: Callable[[], Awaitable[None]]) -> None:
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 told, and the process restarts
            self.fail(f"{loop.__name__.strip('_')} ended", error)

    def _opened(self) -> Consumer:
        if self._consumer is None:
            raise RuntimeError("the runner is not started")
        return self._consumer


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Kafka's client swallows what a listener raises, so nothing may be raised here."""

    def __init__(self, runner: KeyedRunner) -> None:
        self._runner = runner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 all
        try:
            await self._runner.let_go()
        except Exception as error:  # noqa: BLE001 see the class
            self._runner.fail("letting partitions go failed", error)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._runner.take_on(assigned)


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
