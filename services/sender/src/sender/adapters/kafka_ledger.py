"""The ledger as a compacted topic: one page per partition, keyed by reply id."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import timedelta
from typing import Any

from aiokafka import AIOKafkaClient, TopicPartition
from aiokafka.errors import KafkaError

from domain.ports.sending_ledger import (
    OUTCOMES,
    Deferred,
    LedgerEntry,
    LedgerUnavailable,
    News,
    Page,
)
from domain.topics import SENDER_LEDGER
from domain.values import ContactId, ReplyId
from sender.adapters import ledger_codec
from sender.adapters.ledger_contents import Contents
from sender.adapters.ledger_fence import take_over
from sender.adapters.ledger_page import LedgerPage
from sender.adapters.ledger_writer import LedgerWriter
from sender.adapters.topic_reader import TopicReader, reader
from streaming.kafka import KafkaSettings

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
        self._begins: dict[int, int] = {}
        self._swept: dict[int, int] = {}

    @property
    def pages(self) -> int:
        """How many partitions the topic has."""
        return self._pages

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once the entry is kept, which it only is while the page is ours."""
        key = ledger_codec.key_of(reply_id)
        await self._write(partition, key, ledger_codec.encode(entry))

    async def defer(self, reply_id: ReplyId, deferred: Deferred, *, partition: int) -> None:
        """Keep a request under a key of its own, beside the entries of its reply."""
        key, headers = ledger_codec.deferred_key(reply_id), ledger_codec.deferred_headers(deferred)
        await self._write(partition, key, deferred.event, headers)

    async def resume(self, reply_id: ReplyId, *, partition: int) -> None:
        """Write a tombstone."""
        await self._write(partition, ledger_codec.deferred_key(reply_id), None)

    async def note(self, contact_id: ContactId, news: News | None, *, partition: int) -> None:
        """Keep the news, or a tombstone."""
        value = ledger_codec.encode_news(news) if news else None
        await self._write(partition, ledger_codec.news_key(contact_id), value)

    async def load(self, begins: Mapping[int, int]) -> Mapping[int, Page]:
        """Take the pages over, then read them from their beginning to what is their end now."""
        await self.close()
        try:
            await self._take_over(begins)
            self._begins, self._swept = dict(begins), {}
            async with self._reader(begins) as pages:
                return {number: await self._read(pages, number) for number in begins}
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise LedgerUnavailable(type(error).__name__) from error

    async def recall(self, reply_id: ReplyId, *, partition: int) -> LedgerEntry | None:
        """Read the page from its beginning to what is its end now."""
        key, found = ledger_codec.key_of(reply_id), None
        try:
            async with self._reader([partition]) as pages:
                async for records in pages.read(self._at(partition)):
                    for record in records:
                        found = record.value if record.key == key else found
        except (KafkaError, OSError) as error:
            raise LedgerUnavailable(type(error).__name__) from error
        return None if found is None else ledger_codec.decode(found)

    async def forget(self, older: timedelta) -> int:
        """Read our pages up to what is young enough, going on from where we were the last time."""
        try:
            async with self._reader(self._begins) as pages:
                return sum([await self._sweep(pages, one, older) for one in self._begins])
        except (KafkaError, OSError) as error:
            raise LedgerUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        """Let go of every page."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    async def _write(
        self,
        partition: int,
        key: bytes,
        value: bytes | None,
        headers: list[tuple[str, bytes]] = ledger_codec.JSON,
    ) -> None:
        if self._writer is None:
            raise LedgerUnavailable("no page was taken over")
        await self._writer.write(partition, key, value, headers)

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
        await asyncio.gather(*(self._write(one, _TAKEN_OVER, told) for one in partitions))

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

    async def _read(self, pages: TopicReader, number: int) -> Page:
        contents = Contents(self._begins[number])
        async for records in pages.read(self._at(number)):
            for record in records:
                contents.add(record)
        page = contents.page()
        await asyncio.gather(*(self.resume(reply, partition=number) for reply in contents.done))
        return page

    async def _sweep(self, pages: TopicReader, number: int, older: timedelta) -> int:
        """Read up to the first record that is young: records are as old as their entries."""
        before = (time.time() - older.total_seconds()) * 1000
        removed = 0
        async with aclosing(pages.read(self._at(number), self._swept.get(number, 0))) as batches:
            async for records in batches:
                old = [record for record in records if record.timestamp <= before]
                done = [record.key for record in old if self._is_done_with(record, number)]
                await asyncio.gather(*(self._write(number, key, None) for key in done))
                removed += len(done)
                if old:
                    self._swept[number] = old[-1].offset + 1
                if len(old) < len(records):
                    break
        return removed

    def _is_done_with(self, record: Any, number: int) -> bool:
        if record.value is None or ledger_codec.reply_of(record.key) is None:
            return False
        entry = ledger_codec.decode(record.value)
        return entry.stage in OUTCOMES and entry.offset < self._begins[number]

    def _reader(self, pages: Collection[int]) -> AbstractAsyncContextManager[TopicReader]:
        return reader(self._settings, [self._at(page) for page in pages], role="-ledger")

    def _client(self) -> AIOKafkaClient:
        return AIOKafkaClient(
            **self._settings.client("-ledger"),
            request_timeout_ms=10_000,
            retry_backoff_ms=50,
        )

    def _at(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)
