"""What happened, from the topic of events, and commands to the topic of commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from domain import codec, commands, events
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from domain.values import CommandId
from streaming.cloudevents import CloudEvent, decode, encode


class Published(NamedTuple):
    """An event, the command that led to it, and where it stands."""

    event: events.Event
    cause: CommandId
    at: datetime
    partition: int


class Topics:
    """Reads events from now on, and sends commands as other services do."""

    def __init__(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        self._consumer = consumer
        self._producer = producer

    async def read(self, wait_s: float) -> list[Published]:
        """Return what came since the last time, waiting at most so long for the first."""
        batches = await self._consumer.getmany(timeout_ms=int(wait_s * 1000))
        return [_published(record) for records in batches.values() for record in records]

    async def send(
        self,
        command: commands.Command,
        identity: CommandId,
        *,
        key: str,
        partition: int | None,
        at: datetime,
    ) -> None:
        """Send a command; without a partition its key says where to."""
        envelope = CloudEvent(
            id=str(identity),
            type=command.TYPE,
            source="flow-test",
            time=at,
            data=codec.encode(command),
            correlation_id=str(identity),
        )
        await self._producer.send_and_wait(
            SESSION_COMMANDS.name,
            envelope.data,
            key=key.encode(),
            headers=encode(envelope),
            partition=partition,
        )


@asynccontextmanager
async def topics(bootstrap_servers: str) -> AsyncIterator[Topics]:
    """Open both topics, that of events at its end."""
    consumer = AIOKafkaConsumer(
        SESSION_EVENTS.name,
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="latest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all")
    async with consumer, producer:
        for partition in consumer.assignment():
            await consumer.position(partition)
        yield Topics(consumer, producer)


def _published(record: object) -> Published:
    told = decode(record.value, record.headers)  # type: ignore[attr-defined]  # aiokafka's
    event = codec.decode_event(told.type, told.data)
    cause = CommandId(UUID(told.causation_id))
    return Published(event, cause, told.time, record.partition)  # type: ignore[attr-defined]
