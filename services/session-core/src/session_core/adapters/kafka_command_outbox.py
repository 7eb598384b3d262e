"""Sends operators' commands the way all commands go."""

from collections.abc import Callable
from datetime import datetime

from domain import codec
from domain.commands import Command
from domain.ports.operators import CommandNotSent
from domain.topics import SESSION_COMMANDS
from domain.values import CommandId
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import Publisher, PublishFailed

SOURCE = "operator"


class KafkaCommandOutbox:
    """CommandOutbox on an idempotent producer."""

    def __init__(self, publisher: Publisher, *, now: Callable[[], datetime]) -> None:
        self._publisher = publisher
        self._now = now

    async def send(
        self, command: Command, *, command_id: CommandId, key: str, shard: int | None
    ) -> None:
        """See CommandOutbox."""
        envelope = CloudEvent(
            id=str(command_id),
            type=command.TYPE,
            source=SOURCE,
            time=self._now(),
            data=codec.encode(command),
            correlation_id=str(command_id),
        )
        try:
            await self._publisher.publish(
                SESSION_COMMANDS.name,
                envelope.data,
                key=key.encode(),
                headers=encode(envelope),
                partition=shard,
            )
        except PublishFailed as failure:
            raise CommandNotSent(str(failure)) from failure
