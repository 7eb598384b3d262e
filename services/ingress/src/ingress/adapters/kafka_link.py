"""Connects to Kafka however long that takes, and knows whether Kafka answers."""

import asyncio
import contextlib

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from streaming.kafka import KafkaSettings, Publisher
from streaming.reaching import why_not

_log = structlog.get_logger(__name__)
_PING_SECONDS = 2.0


class KafkaLink:
    """The HTTP side answers from the first moment; until Kafka does, it answers "not now"."""

    def __init__(
        self,
        broker: KafkaBroker,
        publisher: Publisher,
        settings: KafkaSettings,
        *,
        pause: float = 1.0,
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._settings = settings
        self._pause = pause
        self._state: str | None = "Kafka was not reached yet"
        self._keeping: asyncio.Task[str] | None = None

    async def start(self) -> None:
        """Begin to connect, and return at once."""
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Write what is under way, then disconnect."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        await self._broker.stop()

    async def died(self) -> str:
        """Return the reason once the connection cannot recover by itself."""
        return await asyncio.shield(self._keeping) if self._keeping else "it was not started"

    def ready(self) -> str | None:
        """Return None while entries can be kept, else the reason."""
        return self._state or self._publisher.ready()

    async def _keep(self) -> str:
        while True:
            if await self._connect():
                break
            await asyncio.sleep(self._pause)
        while not (reason := self._publisher.ready()):
            answers = await self._broker.ping(timeout=_PING_SECONDS)
            self._state = None if answers else "Kafka does not answer"
            await asyncio.sleep(self._pause)
        return reason

    async def _connect(self) -> bool:
        try:
            await self._broker.start()
        except (KafkaError, OSError) as error:
            reason = await why_not(self._settings) or type(error).__name__
            self._state = f"waiting for Kafka: {reason}"
            _log.warning("waiting for Kafka", reason=reason)
            await self._broker.stop()
            return False
        return True
