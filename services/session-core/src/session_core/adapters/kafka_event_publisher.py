"""Publishes a shard's events in Kafka transactions, so that readers see each once and in order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerClosed

from domain.ports.event_store import PublishFailed, RecordedEvent
from domain.topics import MAX_MESSAGE_BYTES, SESSION_EVENTS
from session_core.adapters import event_records
from session_core.adapters.kafka_tail import last_record
from session_core.adapters.kafka_told import told_beyond
from streaming import sending, tracing
from streaming.kafka import KafkaSettings
from streaming.traced import MESSAGING, SpanKind, Traced

PUBLISH = Traced(
    "send {}",
    SpanKind.CLIENT,
    "One transaction of events to their shard's partition, until it is committed",
    attributes=(
        *MESSAGING,
        "messaging.batch.message_count",
        "messaging.destination.partition.id",
    ),
    below="nothing: a transaction is a trace of its own",
    links="the span of each command that led to events in it (the first 128)",
)
_OPEN_SECONDS = 20.0
_CLOSE_SECONDS = 2.0
_READ_SECONDS = 600.0
_BATCH_BYTES = 512 * 1024
_MARKER_SECONDS = 0.02


class KafkaEventPublisher:
    """EventPublisher with one transactional producer per shard.

    A transaction that takes longer than `transaction_seconds` is given up, here and by Kafka.
    """

    def __init__(self, settings: KafkaSettings, *, transaction_seconds: float = 4.0) -> None:
        self._settings = settings
        self._transaction_seconds = transaction_seconds

    async def open(self, shard: int) -> "KafkaShardPublisher":
        """See EventPublisher."""
        producer = self._producer(shard)
        partition = TopicPartition(self._settings.topic(SESSION_EVENTS.name), shard)
        try:
            async with asyncio.timeout(_OPEN_SECONDS), self._reader(shard) as reader:
                await producer.start()
                await _await_leader(reader, partition)
                await _abort_leftovers(producer, partition)
                published = await _published(reader, partition)
        except BaseException as error:
            await _end(producer)
            if isinstance(error, (KafkaError, OSError, TimeoutError)):
                raise PublishFailed(type(error).__name__) from error
            raise
        return KafkaShardPublisher(producer, partition, published, self._transaction_seconds)

    async def told(self, shard: int, *, after: int) -> Mapping[int, bytes]:
        """See EventPublisher."""
        partition = TopicPartition(self._settings.topic(SESSION_EVENTS.name), shard)
        try:
            async with asyncio.timeout(_READ_SECONDS), self._reader(shard) as reader:
                return await told_beyond(reader, partition, after)
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise PublishFailed(type(error).__name__) from error

    def _producer(self, shard: int) -> AIOKafkaProducer:
        identity = self._settings.group(f"{SESSION_EVENTS.name}-{shard}")
        return AIOKafkaProducer(
            **self._settings.client(f"-{shard}"),
            transactional_id=identity,
            transaction_timeout_ms=int(self._transaction_seconds * 1000),
            acks="all",
            linger_ms=0,
            max_batch_size=_BATCH_BYTES,
            max_request_size=MAX_MESSAGE_BYTES,
            compression_type="lz4",
            request_timeout_ms=10_000,
            retry_backoff_ms=20,
        )

    @asynccontextmanager
    async def _reader(self, shard: int) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **self._settings.client(f"-{shard}-tail"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()


class KafkaShardPublisher:
    """ShardPublisher on a transactional producer of its own."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        partition: TopicPartition,
        published: int,
        transaction_seconds: float,
    ) -> None:
        self._producer = producer
        self._partition = partition
        self._published = published
        self._transaction_seconds = transaction_seconds

    @property
    def published(self) -> int:
        """See ShardPublisher."""
        return self._published

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See ShardPublisher."""
        try:
            with self._span(events), self._measured(events):
                async with asyncio.timeout(self._transaction_seconds):
                    await self._transact(events)
        except (KafkaError, OSError, TimeoutError) as error:
            raise PublishFailed(type(error).__name__) from error
        self._published = events[-1].sequence

    async def close(self) -> None:
        """See ShardPublisher."""
        await _end(self._producer)

    def _span(self, events: Sequence[RecordedEvent]) -> AbstractContextManager[object]:
        topic, shard = self._partition
        if tracing.MODE.carried:
            return nullcontext()
        origins = dict.fromkeys(one.event.origin.traceparent for one in events)
        return tracing.span(
            PUBLISH,
            topic,
            links=[one for one in origins if one and not tracing.is_unwanted(one)],
            attributes=lambda: {
                **tracing.messaging("send", "send", topic),
                "messaging.batch.message_count": len(events),
                "messaging.destination.partition.id": str(shard),
            },
        )

    def _measured(self, events: Sequence[RecordedEvent]) -> sending.Measured:
        return sending.Measured([(self._partition.topic, len(events))])

    async def _transact(self, events: Sequence[RecordedEvent]) -> None:
        await self._producer.begin_transaction()
        acks = await self._send(events)
        await asyncio.gather(*acks)
        await self._producer.commit_transaction()

    async def _send(self, events: Sequence[RecordedEvent]) -> list[Awaitable[Any]]:
        """Fill whole batches: all go to one partition, and futures cost more than records."""
        acks: list[Awaitable[Any]] = []
        batch = self._producer.create_batch()
        for record in event_records.laid_out(events):
            if not _add(batch, record):
                acks.append(await self._hand_over(batch))
                batch = self._producer.create_batch()
                _add(batch, record)
        acks.append(await self._hand_over(batch))
        return acks

    async def _hand_over(self, batch: Any) -> Awaitable[Any]:
        topic, shard = self._partition
        ack: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=shard)
        ack.add_done_callback(_hear)  # who gives up midway does not wait for those handed over
        return ack


def _add(batch: Any, record: event_records.Record) -> bool:
    key, value, headers = record
    return batch.append(timestamp=None, key=key, value=value, headers=headers) is not None


async def _await_leader(reader: AIOKafkaConsumer, partition: TopicPartition) -> None:
    """Return when the broker serves the partition, which a new topic is known before.

    A marker for a partition that its broker has not made yet makes Kafka 4.4.0 stand still: no
    transaction of that broker ends for half a minute.
    """
    await reader.end_offsets([partition])


async def _published(reader: AIOKafkaConsumer, partition: TopicPartition) -> int:
    record = await last_record(reader, partition)
    while _is_left_open(reader, partition):
        await asyncio.sleep(_MARKER_SECONDS)
        record = await last_record(reader, partition)
    return 0 if record is None else _sequence(record)


def _sequence(record: Any) -> int:
    written = dict(record.headers).get("ce_sequence")
    if written is None or not written.isdigit():
        raise PublishFailed("the last record of the shard is not one of ours")
    return int(written)


async def _abort_leftovers(producer: AIOKafkaProducer, partition: TopicPartition) -> None:
    """Abort what a transaction left in the partition whose marker the broker lost.

    A broker that shuts down can acknowledge a commit and never write its marker (KAFKA-20734).
    The records stay undecided, and would be committed or aborted together with ours.
    """
    await producer.begin_transaction()
    producer._txn_manager.maybe_add_partition_to_txn(partition)  # noqa: SLF001 there is no public way but a record
    await producer.abort_transaction()


def _is_left_open(consumer: AIOKafkaConsumer, partition: TopicPartition) -> bool:
    """Say whether records behind the last stable one wait for a marker, as of the last fetch."""
    stable, written = consumer.last_stable_offset(partition), consumer.highwater(partition)
    return stable is not None and written is not None and stable < written


async def _end(producer: AIOKafkaProducer) -> None:
    """Stop a producer at once: by itself it would wait for records that Kafka may never take."""
    _let_go(producer._message_accumulator)  # noqa: SLF001 there is no public way
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await producer.stop()


def _let_go(accumulator: Any) -> None:
    """Fail all that waits for Kafka, and hear of it: nobody else does any more."""
    waiting = [batch for batches in accumulator._batches.values() for batch in batches]  # noqa: SLF001
    accumulator._pending_batches.update(waiting)  # noqa: SLF001 a batch to be retried removes itself from there
    accumulator.fail_all(ProducerClosed())
    for batch in waiting:
        _hear(batch.future)
        _hear(batch._drain_waiter)  # noqa: SLF001


def _hear(done: "asyncio.Future[Any]") -> None:
    if done.done() and not done.cancelled():
        done.exception()
