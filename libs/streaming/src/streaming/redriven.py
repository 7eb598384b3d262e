"""Reads what an operator sends again after it had been parked, beside the topic it came from."""

import asyncio
import contextlib
import itertools
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.errors import KafkaError

from streaming.cloudevents import Headers
from streaming.handling import Failures, Fetched, Handling, Parks, Record
from streaming.kafka import KafkaSettings
from streaming.lanes import Dropped
from streaming.retrying import Retry

MARK = "ce_redriven"
"""A CloudEvents extension: how often the record was sent again."""
_PARKED_TOPIC, _PARKED_OFFSET = "park-topic", "park-offset"
_COUNT = re.compile(rb"[0-9]{1,6}")
_POLL_MILLISECONDS = 1000
_RECORDS = 50
_log = structlog.get_logger(__name__)


def times_redriven(headers: Headers) -> int:
    """Return how often a record was sent again."""
    return sum(
        int(content)
        for name, content in headers
        if name.lower() == MARK and _COUNT.fullmatch(content or b"")
    )


class Redriven:
    """Handles the records of a second topic as those of the runner that it stands beside.

    It joins no group: it reads the partitions that the runner is assigned of its own topic, so
    `on_assigned` and `on_released` are to be the runner's. Both topics have as many partitions,
    and a record stands in the one that it came from. Those of a partition are handled one after
    the other, each at least once, and as if it stood where it was parked from. `topic` and
    `group` are names as on the cluster; under `group` offsets are kept, and nobody may join it,
    for Kafka would take none then. The rest is as the runner has it.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        topic: str,
        group: str,
        handle: Callable[[Record], Awaitable[None]],
        park: Parks,
        unavailable: tuple[type[Exception], ...],
        rejected: tuple[type[Exception], ...],
        retry: Retry = Retry(),  # noqa: B008 frozen
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._group = group
        self._retry = retry
        self._handling = Handling(
            handle,
            park,
            Failures(unavailable, rejected),
            reader=(topic, group),
            concurrency=1000,
            retry=retry,
        )
        self._closing = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def on_assigned(self, begins: Mapping[int, int]) -> None:
        """Begin to read these partitions; returns at once."""
        await self.on_released(0.0)
        if begins:
            self._closing = asyncio.Event()
            self._reading = asyncio.create_task(
                self._read_for_ever(sorted(begins), self._closing), name="redriven"
            )

    async def on_released(self, grace: float) -> None:
        """Begin nothing more, and give what runs `grace` seconds to end."""
        reading, self._reading = self._reading, None
        if reading is None:
            return
        self._closing.set()
        await asyncio.wait([reading], timeout=grace)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    def status(self) -> str | None:
        """Give why nothing that is redriven is handled any more, else None."""
        halted = self._handling.halted
        return None if halted is None else f"redriven records: {halted}"

    async def _read_for_ever(self, partitions: Sequence[int], closing: asyncio.Event) -> None:
        for failed in itertools.count(1):
            try:
                await self._read(partitions, closing)
            except Dropped:
                return
            except (KafkaError, OSError) as error:
                _log.warning("redriven records cannot be read", topic=self._topic, exc_info=error)
            except Exception as error:  # noqa: BLE001 told, and tried again
                _log.error("reading redriven records failed", topic=self._topic, exc_info=error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._retry.delay(failed)):
                    await closing.wait()
            if closing.is_set():
                return

    async def _read(self, partitions: Iterable[int], closing: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(
            **self._settings.client("-redriven"),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=_POLL_MILLISECONDS,
        )
        try:
            await consumer.start()
            places = [TopicPartition(self._topic, one) for one in partitions]
            consumer.assign(places)
            async with asyncio.TaskGroup() as reading:  # one that waits holds up its partition only
                for place in places:
                    reading.create_task(self._follow(consumer, place, closing))
        finally:
            await consumer.stop()

    async def _follow(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, closing: asyncio.Event
    ) -> None:
        while not closing.is_set():
            fetched: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(
                place, timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS
            )
            for record in fetched.get(place, ()):
                try:
                    await self._handling.finish(_where_it_stood(record), closing)
                except Dropped:
                    return  # whoever takes the partition next begins with it
                await consumer.commit({place: OffsetAndMetadata(record.offset + 1, "")})


class _Stood(NamedTuple):
    """A record as it was fetched when it was parked."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


def _where_it_stood(record: Any) -> Fetched:
    """Give the record with the place it was parked from; what has none keeps its own."""
    told = {name: content or b"" for name, content in record.headers}
    topic, offset = told.get(_PARKED_TOPIC, b""), told.get(_PARKED_OFFSET, b"")
    known = bool(topic) and offset.isdigit()
    return _Stood(
        topic.decode(errors="replace") if known else record.topic,
        record.partition,
        int(offset) if known else record.offset,
        record.key,
        record.value,
        record.headers,
        record.timestamp,
    )
