"""Sends commands on to their home partition, and sets aside those that cannot be handled."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.command_source import Delivery, OwnCommand, SourceUnavailable
from domain.topics import MAX_MESSAGE_BYTES, SESSION_COMMANDS, SESSION_COMMANDS_PARKED
from session_core.adapters import own_commands
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
        await self._write(records, "forwarding")

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        """See Dispatch."""
        for delivery, reason in deliveries:
            record = _parkable(delivery)
            try:
                await self._parking.park(record, reason)
            except PublishFailed as failure:
                raise SourceUnavailable(f"parking: {failure}") from failure

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        """See Dispatch."""
        records = []
        for shard, command in own:
            value, headers = own_commands.record(command)
            records.append(
                OutgoingRecord(
                    topic=SESSION_COMMANDS.name,
                    value=value,
                    key=own_commands.key(command),
                    headers=headers,
                    partition=shard,
                )
            )
        await self._write(records, "issuing")

    async def _write(self, records: Sequence[OutgoingRecord], doing: str) -> None:
        try:
            await self._publisher.publish_all(records, timeout=_ACK_SECONDS)
        except PublishFailed as failure:
            raise SourceUnavailable(f"{doing}: {failure}") from failure


def _parkable(delivery: Delivery) -> _ParkedRecord:
    """Give the record; of one that was too large for any topic of ours, only where it is.

    A producer with a compression that we do not use can write such a one.
    """
    place = SESSION_COMMANDS.name, delivery.shard, delivery.offset
    size = delivery.size + len(delivery.key or b"")
    size += sum(len(name) + len(content or b"") for name, content in delivery.headers)
    if size > MAX_MESSAGE_BYTES:
        return _ParkedRecord(*place, None, None, ())
    return _ParkedRecord(*place, delivery.key, delivery.value, delivery.headers)
