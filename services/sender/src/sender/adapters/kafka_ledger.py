"""The ledger as a compacted topic: one page per partition, keyed by reply id."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka.security import parse_security

from domain.ports.sending_ledger import LedgerEntry, LedgerUnavailable
from domain.topics import SENDER_LEDGER
from domain.values import ReplyId
from sender.adapters import ledger_codec
from sender.adapters.ledger_page import LedgerPage
from streaming.kafka import KafkaSettings

_PATIENCE = 20.0
"""Seconds without any progress before reading is given up."""
_POLL_SECONDS = 0.1
"""Short: a page ends with the marker of a transaction, for which no poll returns early."""


class KafkaLedger:
    """Writes only the pages that `load` has taken over; reads with a consumer of no group.

    `lost` is called when a page can be written no more until `load` takes it over again:
    somebody else has taken it over, or Kafka gave up one of its transactions.
    """

    def __init__(self, settings: KafkaSettings, lost: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._tell_lost = lost
        self._topic = settings.topic(SENDER_LEDGER.name)
        self._pages: dict[int, LedgerPage] = {}

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once the entry is committed, which it is only while the page is ours."""
        page = self._pages.get(partition)
        if page is None:
            raise LedgerUnavailable("the page was not taken over")
        await page.write(str(reply_id).encode(), ledger_codec.encode(entry))

    async def load(
        self, partitions: Collection[int]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Take the pages over, then read them from their beginning to what is their end now."""
        await self.close()
        consumer = self._consumer()
        try:
            await self._take_over(partitions)
            await consumer.start()
            return await self._read(consumer, [self._at(number) for number in partitions])
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise LedgerUnavailable(type(error).__name__) from error
        finally:
            await consumer.stop()

    async def close(self) -> None:
        """Let go of every page."""
        pages, self._pages = self._pages, {}
        await asyncio.gather(*(page.close() for page in pages.values()))

    async def _take_over(self, partitions: Collection[int]) -> None:
        async def take_over(number: int) -> None:
            self._pages[number] = await LedgerPage.open(
                self._settings, self._at(number), self._page_lost
            )

        openings = (take_over(number) for number in partitions)
        for outcome in await asyncio.gather(*openings, return_exceptions=True):
            if outcome is not None:
                raise outcome  # only now: an opening left behind would fence off its successor

    def _page_lost(self, page: LedgerPage) -> None:
        if page in self._pages.values():
            self._tell_lost()

    async def _read(
        self, consumer: AIOKafkaConsumer, pages: list[TopicPartition]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        entries: dict[int, dict[ReplyId, LedgerEntry]] = {page.partition: {} for page in pages}
        consumer.assign(pages)
        await consumer.seek_to_beginning(*pages)
        ends = await consumer.end_offsets(pages)
        for page in pages:
            await self._read_page(consumer, page, ends[page], entries[page.partition])
        return entries

    async def _read_page(
        self,
        consumer: AIOKafkaConsumer,
        page: TopicPartition,
        end: int,
        entries: dict[ReplyId, LedgerEntry],
    ) -> None:
        reached, moved_at = -1, time.monotonic()
        while (position := await consumer.position(page)) < end:
            if position > reached:
                reached, moved_at = position, time.monotonic()
            elif time.monotonic() - moved_at > _PATIENCE:
                raise TimeoutError
            batches = await consumer.getmany(
                page, timeout_ms=int(_POLL_SECONDS * 1000), max_records=5000
            )
            for record in batches.get(page, []):
                _apply(record, entries)
            await asyncio.sleep(0)  # heartbeats of the service share this loop

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers,
            client_id=f"{self._settings.client_id}-ledger",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=20,
            **parse_security(self._settings.security),
        )

    def _at(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)


def _apply(record: Any, entries: dict[ReplyId, LedgerEntry]) -> None:
    reply = ledger_codec.reply_of(record.key)
    if reply is None:
        return
    if record.value is None:
        entries.pop(reply, None)
    else:
        entries[reply] = ledger_codec.decode(record.value)
