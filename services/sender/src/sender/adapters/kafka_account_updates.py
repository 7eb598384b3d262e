"""Hears which numbers may send faster, from all that was ever told of the account."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from domain.topics import ACCOUNT_UPDATES
from streaming.cloudevents import InvalidCloudEvent, decode
from streaming.kafka import KafkaSettings
from streaming.retrying import Retry

_FIELD, _EVENT = "phone_number_quality_update", "THROUGHPUT_UPGRADE"
_WORD = _EVENT.encode()
_FETCH_BYTES = 256 * 1024
"""At once from a partition; a larger record is fetched alone."""
_log = structlog.get_logger(__name__)


class KafkaAccountUpdates:
    """Reads the topic from its beginning, in no group: every instance hears everything.

    `upgraded` is called with the display number of each upgrade, again after every restart.
    """

    def __init__(self, settings: KafkaSettings, upgraded: Callable[[str], None]) -> None:
        self._settings = settings
        self._topic = settings.topic(ACCOUNT_UPDATES.name)
        self._tell = upgraded
        self._retry = Retry(first=0.5, most=10.0)

    async def listen(self) -> None:
        """Listen for ever; while Kafka is away nothing is heard, and nothing is missed."""
        for failed in itertools.count(1):
            try:
                await self._read()
            except (KafkaError, OSError) as error:
                _log.warning("could not hear of the account", reason=type(error).__name__)
            await asyncio.sleep(self._retry.delay(failed))

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            self._topic,
            **self._settings.client("-account"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=1000,
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        try:
            await consumer.start()
            while True:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    for record in records:
                        self._hear(record)
                await asyncio.sleep(0)  # others share this loop
        finally:
            with contextlib.suppress(KafkaError, OSError):
                await consumer.stop()

    def _hear(self, record: Any) -> None:
        if record.value is None or _WORD not in record.value:
            return  # not parsed: the history of a number is among it, megabytes at once
        try:
            change = json.loads(decode(record.value, record.headers).data)
            value = change["value"]
            if (change["field"], value["event"]) == (_FIELD, _EVENT):
                self._tell(str(value["display_phone_number"]))
        except (InvalidCloudEvent, ValueError, KeyError, TypeError):
            _log.warning("an upgrade could not be read", offset=record.offset)
