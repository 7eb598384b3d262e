"""Somebody whose commands nobody can read: each has to be parked once, and to stop nothing."""

import asyncio
import random
from collections.abc import Mapping
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from domain.topics import PARTITIONS, SESSION_COMMANDS

_PAUSE_S = 12.0
"""Seconds between two: session-core stops a shard after more than 20 within 5 minutes."""
_LIMIT_S = 10.0


class Poisoning:
    """Writes to `session-commands` past ingress. `acknowledged` says of each what Kafka said."""

    def __init__(self, bootstrap_servers: str, seed: int) -> None:
        self._servers = bootstrap_servers
        self._dice = random.Random(seed)  # noqa: S311 - to be repeatable
        self._acknowledged: dict[str, bool] = {}

    @property
    def acknowledged(self) -> Mapping[str, bool]:
        """Whether Kafka acknowledged a command, by its id; the others may be there or not."""
        return self._acknowledged

    async def run(self, *, seconds: float) -> None:
        """Write a few until the time is over; what Kafka does not take is not tried again."""
        for _ in range(int(seconds // _PAUSE_S)):
            await asyncio.sleep(_PAUSE_S)
            command = str(UUID(int=self._dice.getrandbits(128), version=4))
            self._acknowledged[command] = False
            try:
                async with asyncio.timeout(_LIMIT_S):
                    await self._write(command)
            except (KafkaError, OSError):  # TimeoutError is an OSError
                continue
            self._acknowledged[command] = True

    async def _write(self, command: str) -> None:
        headers = {
            "ce_specversion": "1.0",
            "ce_id": command,
            "ce_type": "message.receive.v1",
            "ce_source": "chaos",
            "ce_time": "2026-11-26T00:00:00Z",
            "content-type": "application/json",
        }
        # One of its own for each: a producer that lived through an outage may be stuck.
        producer = AIOKafkaProducer(bootstrap_servers=self._servers, acks="all")
        try:
            await producer.start()
            await producer.send_and_wait(
                SESSION_COMMANDS.name,
                b'{"phone_number_id": ',
                partition=self._dice.randrange(PARTITIONS),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )
        finally:
            await producer.stop()
