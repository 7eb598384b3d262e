"""The ledger as a compacted topic: one page per partition, keyed by reply id."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaClient, AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from domain.ports.sending_ledger import LedgerEntry, LedgerUnavailable
from domain.topics import SENDER_LEDGER
from domain.values import ReplyId
from sender.adapters import ledger_codec
from sender.adapters.ledger_fence import take_over
from sender.adapters.ledger_page import LedgerPage
from sender.adapters.ledger_writer import LedgerWriter
from streaming.kafka import KafkaSettings

_PATIENCE = 20.0
"""Seconds without any progress before reading is given up."""
_POLL_SECONDS = 0.1
_OPEN_SECONDS = 20.0
_SERVES_SECONDS = 6 * 3600.0
"""Well below the day after which Kafka forgets an idle writer (producer.id.expiration.ms)."""
_TAKEN_OVER = b"taken-over"


class KafkaLedger:
    """Writes only the pages that `load` has taken over; reads with a consumer of no group.

    `lost` is called when a page can be written no more until `load` takes it over again:
    somebody else has taken it over, it has served its time, or Kafka was away.
    """

    def __init__(self, settings: KafkaSettings, lost: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._tell_lost = lost
        self._topic = settings.topic(SENDER_LEDGER.name)
        self._writer: LedgerWriter | None = None
        self._pages = 0

    @property
    def pages(self) -> int:
        """How many partitions the topic has."""
        return self._pages

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once the entry is kept, which it only is while the page is ours."""
        if self._writer is None:
            raise LedgerUnavailable("no page was taken over")
        await self._writer.write(partition, str(reply_id).encode(), ledger_codec.encode(entry))

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
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    async def _take_over(self, partitions: Collection[int]) -> None:
        """Return once whoever had these pages before cannot write there any more."""
        client = self._client()
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                await client.bootstrap()
                await client.set_topics([self._topic])
                self._pages = len(client.cluster.partitions_for_topic(self._topic) or ())
                pages = await self._open_all(client, partitions)
        except BaseException:
            await client.close()
            raise
        writer = self._writer = LedgerWriter(client, pages, lambda: self._page_lost(writer))
        told = json.dumps({"by": self._settings.client_id}).encode()
        await asyncio.gather(*(writer.write(one, _TAKEN_OVER, told) for one in partitions))

    async def _open_all(
        self, client: AIOKafkaClient, partitions: Collection[int]
    ) -> Sequence[LedgerPage]:
        openings = (self._open(client, one) for one in partitions)
        pages: list[LedgerPage] = []
        for outcome in await asyncio.gather(*openings, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome  # only now: no opening may go on when we have given up
            pages.append(outcome)
        return pages

    async def _open(self, client: AIOKafkaClient, partition: int) -> LedgerPage:
        at = self._at(partition)
        fence = await take_over(client, f"{at.topic}-{at.partition}")
        return LedgerPage(at, fence, serves=_SERVES_SECONDS)

    def _page_lost(self, writer: LedgerWriter) -> None:
        if writer is self._writer:
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
            **self._settings.client("-ledger"),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=20,
        )

    def _client(self) -> AIOKafkaClient:
        return AIOKafkaClient(
            **self._settings.client("-ledger"),
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
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
