"""Sends commands on to their home partition, and sets aside those that cannot be handled."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.command_source import Delivery, SourceUnavailable
from domain.topics import SESSION_COMMANDS, SESSION_COMMANDS_PARKED
from streaming.cloudevents import Headers
from streaming.kafka import OutgoingRecord, Publisher, PublishFailed
from streaming.parking import Parking

_ACK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _ParkedRecord:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class KafkaDispatch:
    """Dispatch on the broker's idempotent producer."""

    def __init__(self, publisher: Publisher, *, group: str) -> None:
        self._publisher = publisher
        self._parking = Parking(publisher, SESSION_COMMANDS_PARKED.name, group)

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """See Dispatch."""
        records = [
            OutgoingRecord(
                topic=SESSION_COMMANDS.name,
                value=delivery.value,
                key=delivery.key,
                headers=delivery.headers,
                partition=home,
            )
            for home, delivery in deliveries
        ]
        try:
            await self._publisher.publish_all(records, timeout=_ACK_SECONDS)
        except PublishFailed as failure:
            raise SourceUnavailable(f"forwarding: {failure}") from failure

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        """See Dispatch."""
        for delivery, reason in deliveries:
            record = _ParkedRecord(
                SESSION_COMMANDS.name,
                delivery.shard,
                delivery.offset,
                delivery.key,
                delivery.value,
                delivery.headers,
            )
            try:
                await self._parking.park(record, reason)
            except PublishFailed as failure:
                raise SourceUnavailable(f"parking: {failure}") from failure
