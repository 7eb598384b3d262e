"""The connection to Kafka: waited for, told of, and asked after for as long as it lasts."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from streaming.kafka import KafkaSettings, Publisher
from streaming.reaching import why_not
from streaming.retrying import Retry

LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
_FIRST_ANSWER_SECONDS = 15.0
_log = structlog.get_logger(__name__)


class _NotThere(Exception):
    """Something on the cluster is still to be made."""


class Link:
    """Starts and stops the broker; Kafka, and its topics, may be away for as long as they like.

    `topics`, named without prefix, are those without which the service is of no use.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        publisher: Publisher,
        settings: KafkaSettings,
        *,
        topics: Sequence[str] = (),
        retry: Retry = Retry(first=0.2, most=3.0),  # noqa: B008 frozen
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._settings = settings
        self._topics = [settings.topic(topic) for topic in topics]
        self._retry = retry
        self._trouble: str | None = "Kafka was not asked yet"
        self._starting: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once Kafka answers and the topics are there."""
        for failed in itertools.count(1):
            try:
                await self._ask()
                await self._broker.start()
            except _NotThere as lack:
                await self._wait(failed, str(lack))
            except (KafkaError, OSError) as error:  # TimeoutError is an OSError
                await self._wait(failed, await why_not(self._settings) or type(error).__name__)
            else:
                self._trouble = None
                self._looking = asyncio.create_task(self._look(), name="ask-kafka")
                return

    async def begin(self) -> None:
        """Begin to start, and return at once: for who has something to say until then."""
        self._starting = asyncio.create_task(self.start(), name="reach-kafka")

    async def stop(self) -> None:
        """Write what is under way, then disconnect."""
        for task in (self._starting, self._looking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._broker.stop()

    def ready(self) -> str | None:
        """Give None while records can be written, else the reason why not."""
        return self._trouble or self._publisher.trouble()

    async def died(self) -> str:
        """Return the reason once only a restart may help."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting.result()
        return await self._publisher.died()

    async def _ask(self) -> None:
        """Raise while Kafka or a topic is away; FastStream leaves behind what did not start."""
        admin = AIOKafkaAdminClient(**self._settings.client())
        try:
            async with asyncio.timeout(_FIRST_ANSWER_SECONDS):
                await admin.start()
                there = await admin.list_topics()  # to ask for one by name may make it
        finally:
            await admin.close()
        if lacking := [topic for topic in self._topics if topic not in there]:
            raise _NotThere(f"no topic {', '.join(lacking)}")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            answers = await self._broker.ping(timeout=_ANSWER_SECONDS)
            trouble = None if answers else "Kafka does not answer"
            if trouble != self._trouble:
                _log.warning(trouble or "Kafka answers again")
            self._trouble = trouble

    async def _wait(self, failed: int, reason: str) -> None:
        self._trouble = f"waiting for Kafka: {reason}"
        _log.warning("waiting for Kafka", reason=reason)
        await self._broker.stop()  # what was begun; it is made anew
        await asyncio.sleep(self._retry.delay(failed))
