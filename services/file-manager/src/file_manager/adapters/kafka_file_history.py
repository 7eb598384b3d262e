"""All of `session-events` from its first record on, outside of any group, for who compares."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from domain.codec import UndecodableMessage, decode_event
from domain.ports.file_history import HistoryUnreadable, Past
from domain.topics import SESSION_EVENTS
from streaming import cloudevents
from streaming.kafka import KafkaSettings

_ANSWER_SECONDS = 30.0
_POLL_MILLISECONDS = 500
_RECORDS = 500
_ABOUT = ("file.", "contact.")


class KafkaFileHistory:
    """A FileHistory."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = settings.topic(SESSION_EVENTS.name)
        self.complete_since: datetime | None = None

    async def read(self) -> AsyncIterator[Past]:
        """Yield what is there now, partition by partition as it comes."""
        consumer = AIOKafkaConsumer(
            self._topic,
            **self._settings.client("-verify"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await consumer.start()
            async for record in self._records(consumer):
                past = _past(record)
                if past is not None:
                    yield past
        except (KafkaError, OSError, TimeoutError) as error:
            raise HistoryUnreadable(f"{SESSION_EVENTS.name}: {type(error).__name__}") from error
        finally:
            await consumer.stop()

    async def _records(self, consumer: Any) -> AsyncIterator[Any]:
        places = sorted(consumer.assignment())
        if not places:
            raise HistoryUnreadable(f"there is no topic {self._topic}")
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        first = {place for place in places if begins[place] > 0}
        open_ = {place for place in places if begins[place] < ends[place]}
        while open_:
            async with asyncio.timeout(_ANSWER_SECONDS):
                fetched = await _fetched(consumer, open_)
            for place, records in fetched.items():
                if place in first and records:
                    first.discard(place)
                    at = _at(records[0])
                    self.complete_since = max(self.complete_since or at, at)
                for record in records:
                    yield record
            open_ = {place for place in open_ if await consumer.position(place) < ends[place]}
            consumer.pause(*(place for place in places if place not in open_))


async def _fetched(
    consumer: Any, open_: set[TopicPartition]
) -> Mapping[TopicPartition, Sequence[Any]]:
    fetched: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(
        *open_, timeout_ms=_POLL_MILLISECONDS, max_records=_RECORDS
    )
    return fetched


def _at(record: Any) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def _past(record: Any) -> Past | None:
    """Return the event if it is about files or people; one that nobody can read was parked."""
    try:
        told = cloudevents.decode(record.value, record.headers)
        if not told.type.startswith(_ABOUT):
            return None
        return Past(decode_event(told.type, told.data), told.time)
    except (UndecodableMessage, cloudevents.InvalidCloudEvent):
        return None
