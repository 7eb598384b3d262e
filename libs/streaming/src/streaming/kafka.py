"""The Kafka client with every safe setting spelled out, and a publisher that waits for the ack."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity

from streaming import header_names, refused_tokens, sending, tracing
from streaming.cloudevents import Headers
from streaming.expiring import Expiry
from streaming.gathering import Addressed, Congested, Gathering, Tally
from streaming.renewing import RenewedProducer

MAX_REQUEST_BYTES = 6 * 1024 * 1024 + 64 * 1024
"""The largest record of 6 MiB, parked: its `park-*` headers come on top."""
_GRACEFUL_SECONDS = 5.0

header_names.tolerate()
refused_tokens.heed()


class PublishFailed(Exception):
    """Not every record was acknowledged in time; what was not may still have been written.

    Publishing the same records again is safe where readers refuse a seen `ce_id`.
    """


@dataclass(frozen=True)
class KafkaSettings:
    """Where Kafka is, and the prefix that lets two installations share one cluster."""

    bootstrap_servers: str
    client_id: str
    topic_prefix: str = ""
    security: BaseSecurity | None = None
    tokens: AbstractTokenProvider | None = None
    """Of OAUTHBEARER, and of nothing else."""

    @property
    def servers(self) -> list[str]:
        """The brokers to be asked first."""
        return self.bootstrap_servers.split(",")

    @property
    def is_encrypted(self) -> bool:
        """Whether everything goes by TLS."""
        return self.security is not None and self.security.use_ssl

    def client(self, role: str = "") -> dict[str, Any]:
        """Give what every client of aiokafka needs to connect; `role` tells those of one apart."""
        return {
            "bootstrap_servers": self.servers,
            "client_id": self.client_id + role,
            "sasl_oauth_token_provider": self.tokens,
            **parse_security(self.security),
        }

    def topic(self, name: str) -> str:
        """Give the name of a topic as it is on the cluster."""
        return self.topic_prefix + name

    def group(self, name: str) -> str:
        """Give the name of a consumer group, or a transactional id, as it is on the cluster."""
        return self.topic_prefix + name


class OutgoingRecord(NamedTuple):
    """A record to be written; `topic` without prefix, no `partition` means murmur2 of the key."""

    topic: str
    value: bytes | None
    key: bytes | None
    headers: Headers
    partition: int | None = None


def broker(settings: KafkaSettings, **kw: Any) -> KafkaBroker:
    """Build the broker; FastStream's own defaults lose messages. `kw` overrides for tests."""
    safe: dict[str, Any] = {
        "client_id": settings.client_id,
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": 2,
        "max_batch_size": 128 * 1024,
        "max_request_size": MAX_REQUEST_BYTES,
        "compression_type": "snappy",
        "request_timeout_ms": 15_000,
        "allow_auto_create_topics": False,
        "ack_policy": AckPolicy.MANUAL,
        "graceful_timeout": _GRACEFUL_SECONDS,
        "logger": None,
        "security": settings.security,
        "sasl_oauth_token_provider": settings.tokens,
    }
    return KafkaBroker(settings.servers, **{**safe, **kw})


class Publisher:
    """Writes records, acks=all and idempotent, in order per partition, on the broker's producer.

    A producer that Kafka takes nothing from any more is replaced in place: what it was given
    fails, what is published meanwhile waits for the new one.
    """

    def __init__(
        self, broker: KafkaBroker, settings: KafkaSettings, *, timeout: float = 10.0
    ) -> None:
        self._renewed = RenewedProducer(broker)
        self._settings = settings
        self._timeout = timeout
        self._gathering: Gathering | None = None
        self._expiry = Expiry()

    async def publish(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> None:
        """Return once the record is acknowledged, else raise PublishFailed (outcome unknown)."""
        record = OutgoingRecord(
            topic=topic, value=value, key=key, headers=headers, partition=partition
        )
        await self.publish_all([record], timeout=self._timeout)

    async def publish_all(
        self,
        records: Iterable[OutgoingRecord],
        *,
        timeout: float,  # noqa: ASYNC109 the limit is part of the promise: an ack may never come
    ) -> None:
        """Return once all are acknowledged within `timeout` seconds, else raise PublishFailed."""
        if addressed := self._addressed(records):
            with sending.Measured(sending.counted(addressed)):
                if tracing.MODE.carried:
                    await self._write(addressed, timeout)
                else:
                    with sending.traced(addressed) as traced:
                        await self._write(traced, timeout)

    async def _write(self, records: Sequence[Addressed], seconds: float) -> None:
        tally = Tally()
        self._expiry.watch(tally, seconds)
        try:
            gathering = self._at_hand(records) or await self._fetched(records, seconds)
            gathering.add(tally, records)
            failure = await tally.outcome
        except Congested:
            raise PublishFailed("too much waits for Kafka: nothing was written") from None
        except (KafkaError, TimeoutError) as error:
            failure = error
        if isinstance(failure, TimeoutError):
            raise PublishFailed(f"no ack within {seconds} s: outcome unknown") from None
        if failure:
            raise _failed(failure) from failure

    def ready(self) -> str | None:
        """Give None while it makes sense to wait until a record is written, else the reason."""
        return self._renewed.given_up or (
            None if self._renewed.started else "the producer is not started"
        )

    def trouble(self) -> str | None:
        """Give None while records are acknowledged, else what stands in the way right now."""
        return self.ready() or self._renewed.replacing or self._renewed.silence

    async def died(self) -> str:
        """Return the reason once replacing the producer was in vain: only a restart may help."""
        while not (reason := self.ready()):
            self._renewed.look_after()  # nothing in aiokafka signals the death of a producer
            await asyncio.sleep(1)
        return reason

    def _at_hand(self, records: Iterable[Addressed]) -> Gathering | None:
        """Give what can take the records without waiting for anything, if it is there."""
        gathering = self._gathering
        if gathering is None or self._renewed.at_hand is not gathering.producer:
            return None
        return gathering if all(gathering.knows(record.topic) for record in records) else None

    async def _fetched(self, records: Iterable[Addressed], seconds: float) -> Gathering:
        async with asyncio.timeout(seconds):
            producer = await self._renewed.current()
            if self._gathering is None or self._gathering.producer is not producer:
                self._gathering = Gathering(producer, self._renewed.watch)
            for topic in {record.topic for record in records}:
                await self._gathering.learn(topic)
        return self._gathering

    def _addressed(self, records: Iterable[OutgoingRecord]) -> list[Addressed]:
        prefix = self._settings.topic_prefix
        return [
            Addressed(prefix + topic, partition, key, value, headers)
            for topic, value, key, headers, partition in records
        ]


def _failed(error: BaseException) -> PublishFailed:
    return PublishFailed(f"{type(error).__name__}: outcome unknown")
