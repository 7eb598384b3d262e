"""Writes what operators do, and that they did it, together or not at all; one operator at a time.

All of an installation share one transactional id: whoever takes the desk fences off whoever had
it. What is read after that, of what was done, is therefore all that was done.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from agentctl.adapters.kafka_trouble import KafkaTrouble, told
from streaming.kafka import MAX_REQUEST_BYTES, KafkaSettings, OutgoingRecord

TRANSACTIONAL_ID = "agentctl"
_SECONDS = 20.0


class Desk:
    """The desk, once taken."""

    def __init__(self, producer: AIOKafkaProducer, settings: KafkaSettings) -> None:
        self._producer = producer
        self._settings = settings

    async def write(self, records: Sequence[OutgoingRecord]) -> None:
        """Write all of these or none; topics are named without prefix.

        Raises KafkaTrouble: then none was written, unless Kafka only failed to say so.
        """
        try:
            with told(self._settings.bootstrap_servers):
                async with asyncio.timeout(_SECONDS), self._producer.transaction():
                    await self._send(records)
        except KafkaTrouble as trouble:
            if isinstance(trouble.__cause__, ProducerFenced | InvalidProducerEpoch):
                raise _taken() from trouble
            raise

    async def _send(self, records: Sequence[OutgoingRecord]) -> None:
        acknowledged: list[asyncio.Future[object]] = []
        failures: list[BaseException] = []
        try:
            for record in records:
                sent = await self._producer.send(
                    self._settings.topic(record.topic),
                    record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=record.partition,
                )
                acknowledged.append(sent)
        except KafkaError as error:
            failures.append(error)  # what was sent before says why
        outcomes = await asyncio.gather(*acknowledged, return_exceptions=True)
        failures = [one for one in outcomes if isinstance(one, BaseException)] + failures
        if failures:
            raise failures[0]


@asynccontextmanager
async def desk(settings: KafkaSettings, *, name: str = "") -> AsyncIterator[Desk]:
    """Take the desk, or another one that has a name of its own. Raises KafkaTrouble."""
    producer = AIOKafkaProducer(
        **settings.client("-desk"),
        transactional_id=name or settings.group(TRANSACTIONAL_ID),
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_REQUEST_BYTES,
        transaction_timeout_ms=int(_SECONDS * 1000),
        compression_type="lz4",
    )
    try:
        with told(settings.bootstrap_servers):
            async with asyncio.timeout(_SECONDS):
                await producer.start()
        yield Desk(producer, settings)
    finally:
        with contextlib.suppress(KafkaError):
            await producer.stop()


def _taken() -> KafkaTrouble:
    return KafkaTrouble(
        "another agentctl took the desk meanwhile: nothing more was done by this one",
        "see what the other one does, then begin again",
    )
