"""The connection to Kafka of a service that is of no use without: waited for, and told of."""

import asyncio
import itertools

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from streaming.kafka import KafkaSettings, Publisher
from streaming.reaching import why_not
from streaming.retrying import Retry

_log = structlog.get_logger(__name__)


class Link:
    """Starts and stops the broker; Kafka may be away for as long as it likes."""

    def __init__(
        self,
        broker: KafkaBroker,
        publisher: Publisher,
        settings: KafkaSettings,
        *,
        retry: Retry = Retry(first=0.2, most=3.0),  # noqa: B008 frozen
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._settings = settings
        self._retry = retry
        self._trouble: str | None = "Kafka was not asked yet"

    async def start(self) -> None:
        """Return once Kafka answers."""
        for failed in itertools.count(1):
            try:
                await self._ask()
                await self._broker.start()
            except (KafkaError, OSError) as error:
                await self._wait(failed, await why_not(self._settings) or type(error).__name__)
            else:
                self._trouble = None
                return

    async def stop(self) -> None:
        """Write what is under way, then disconnect."""
        await self._broker.stop()

    def ready(self) -> str | None:
        """Give None while records can be written, else the reason why not."""
        return self._trouble or self._publisher.ready()

    async def died(self) -> str:
        """Return the reason once only a restart may help."""
        return await self._publisher.died()

    async def _ask(self) -> None:
        """Raise KafkaError while Kafka is away; FastStream leaves behind what did not start."""
        client = AIOKafkaClient(
            **self._settings.client(),
        )
        try:
            await client.bootstrap()
        finally:
            await client.close()

    async def _wait(self, failed: int, reason: str) -> None:
        self._trouble = f"waiting for Kafka: {reason}"
        _log.warning("waiting for Kafka", reason=reason)
        await self._broker.stop()  # what was begun; it is made anew
        await asyncio.sleep(self._retry.delay(failed))
