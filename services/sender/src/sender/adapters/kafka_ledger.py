"""The ledger as a compacted topic: one page per partition, keyed by reply id."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka.security import parse_security

from domain.ports.sending_ledger import LedgerEntry, LedgerUnavailable
from domain.topics import SENDER_LEDGER
from domain.values import ReplyId
from sender.adapters import ledger_codec
from streaming.kafka import KafkaSettings, Publisher, PublishFailed

_PATIENCE = 20.0
"""Seconds without a single record before reading is given up."""


class KafkaLedger:
    """Writes through the service's publisher; reads with a consumer that belongs to no group."""

    def __init__(self, settings: KafkaSettings, publisher: Publisher) -> None:
        self._settings = settings
        self._publisher = publisher
        self._topic = settings.topic(SENDER_LEDGER.name)

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once every replica in sync has the entry."""
        try:
            await self._publisher.publish(
                SENDER_LEDGER.name,
                ledger_codec.encode(entry),
                key=str(reply_id).encode(),
                headers=(("content-type", b"application/json"),),
                partition=partition,
            )
        except PublishFailed as error:
            raise LedgerUnavailable("not acknowledged") from error

    async def load(
        self, partitions: Collection[int]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Read the pages from their beginning to what is their end now."""
        consumer = self._consumer()
        try:
            await consumer.start()
            return await self._read(consumer, [self._page(number) for number in partitions])
        except (KafkaError, TimeoutError) as error:
            raise LedgerUnavailable(type(error).__name__) from error
        finally:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, pages: list[TopicPartition]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        entries: dict[int, dict[ReplyId, LedgerEntry]] = {page.partition: {} for page in pages}
        consumer.assign(pages)
        await consumer.seek_to_beginning(*pages)
        ends = await consumer.end_offsets(pages)
        for page in pages:
            while await consumer.position(page) < ends[page]:
                await self._read_some(consumer, page, entries[page.partition])
        return entries

    async def _read_some(
        self, consumer: AIOKafkaConsumer, page: TopicPartition, entries: dict[ReplyId, LedgerEntry]
    ) -> None:
        before = await consumer.position(page)
        batches = await consumer.getmany(page, timeout_ms=int(_PATIENCE * 1000), max_records=5000)
        for record in batches.get(page, []):
            _apply(record, entries)
        if await consumer.position(page) == before:
            raise TimeoutError
        await asyncio.sleep(0)  # heartbeats of the service share this loop

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap_servers,
            client_id=f"{self._settings.client_id}-ledger",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **parse_security(self._settings.security),
        )

    def _page(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)


def _apply(record: Any, entries: dict[ReplyId, LedgerEntry]) -> None:
    reply = ledger_codec.reply_of(record.key)
    if reply is None:
        return
    if record.value is None:
        entries.pop(reply, None)
    else:
        entries[reply] = ledger_codec.decode(record.value)
