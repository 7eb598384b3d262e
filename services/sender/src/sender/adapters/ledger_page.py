"""Writes one partition of the ledger, for as long as nobody else has taken it over."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, ProducerClosed
from faststream.kafka.security import parse_security

from domain.ports.sending_ledger import LedgerUnavailable
from streaming.kafka import KafkaSettings

_OPEN_SECONDS = 20.0
_COMMIT_SECONDS = 10.0
_END_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class LedgerPage:
    """Keeps records in transactions of a producer that its successor fences off.

    Records that come while a transaction runs go into the next one together. After the first
    failure nothing more is written, and `lost` is called: who owns the page is not certain.
    """

    def __init__(
        self, producer: AIOKafkaProducer, at: TopicPartition, lost: Callable[["LedgerPage"], None]
    ) -> None:
        self._producer = producer
        self._at = at
        self._tell_lost = lost
        self._is_lost = False
        self._waiting: list[tuple[bytes, bytes, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, settings: KafkaSettings, at: TopicPartition, lost: Callable[["LedgerPage"], None]
    ) -> "LedgerPage":
        """Take the page over: whoever had it before cannot write there any more.

        Raises KafkaError, OSError or TimeoutError.
        """
        producer = _producer(settings, at)
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                await producer.start()
        except BaseException:
            await _end(producer)
            raise
        return cls(producer, at, lost)

    async def write(self, key: bytes, value: bytes) -> None:
        """Return once the record is committed. Raises LedgerUnavailable."""
        if self._is_lost:
            raise LedgerUnavailable("the page is lost")
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, value, kept))
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_all(), name="keep-ledger")
        await kept

    async def close(self) -> None:
        """Commit what is under way, unless that takes long; harmless to repeat."""
        if self._keeping is not None:
            await asyncio.wait([self._keeping], timeout=_END_SECONDS)
        self._is_lost = True
        await _end(self._producer)

    async def _keep_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            failure = await self._keep(group)
            for _, _, kept in group:
                if not kept.done():
                    _settle(kept, failure)
        self._keeping = None

    async def _keep(self, group: list[tuple[bytes, bytes, asyncio.Future[None]]]) -> str | None:
        """Return None when all of them are committed, else why that is not certain."""
        if self._is_lost:
            return "the page is lost"
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._commit([(key, value) for key, value, _ in group])
        except (KafkaError, OSError, AssertionError) as error:  # TimeoutError is an OSError
            self._is_lost = True
            _log.warning("ledger.page-lost", partition=self._at.partition, exc_info=error)
            self._tell_lost(self)
            return type(error).__name__
        return None

    async def _commit(self, records: list[tuple[bytes, bytes]]) -> None:
        await self._producer.begin_transaction()
        acks: list[asyncio.Future[Any]] = [
            await self._producer.send(
                self._at.topic,
                value,
                key=key,
                partition=self._at.partition,
                headers=[("content-type", b"application/json")],
            )
            for key, value in records
        ]
        await asyncio.gather(*acks)
        await self._producer.commit_transaction()


def _settle(kept: "asyncio.Future[None]", failure: str | None) -> None:
    if failure is None:
        kept.set_result(None)
    else:
        kept.set_exception(LedgerUnavailable(failure))


def _producer(settings: KafkaSettings, at: TopicPartition) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers.split(","),
        client_id=f"{settings.client_id}-ledger-{at.partition}",
        transactional_id=f"{at.topic}-{at.partition}",
        transaction_timeout_ms=int(_COMMIT_SECONDS * 1000),
        acks="all",
        linger_ms=0,
        compression_type="lz4",
        request_timeout_ms=10_000,
        retry_backoff_ms=20,
        **parse_security(settings.security),
    )


async def _end(producer: Any) -> None:
    """Stop at once: by itself a producer would wait for records that Kafka may never take."""
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 there is no public way
    with contextlib.suppress(KafkaError, OSError):
        async with asyncio.timeout(_END_SECONDS):
            await producer.stop()
