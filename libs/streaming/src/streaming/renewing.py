"""The broker's producer, and its successor once Kafka takes nothing from it any more."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaConnectionError,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)
from faststream.kafka import KafkaBroker
from faststream.kafka.publisher.state import RealProducer

from streaming import metrics
from streaming.retrying import Retry

FATAL = (
    OutOfOrderSequenceNumber,
    ProducerFenced,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    UnknownProducerId,
)
"""An idempotent producer does not recover from these (aiokafka#1017)."""
SILENT_SECONDS = 10.0
"""Without the ack of a record: idempotent producers repeat for ever, and raise nothing."""
_START_SECONDS = 10.0
_END_SECONDS = 2.0
_GIVE_UP_ATTEMPTS = 5
_log = structlog.get_logger(__name__)


class RenewedProducer:
    """Gives the producer of the moment, and puts a new one in the place of one that is stuck.

    What the old one has not acknowledged by then fails: its outcome is unknown. Given up is
    only after `patience` seconds in which Kafka answered and nothing was acknowledged.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        *,
        make: Callable[[], AIOKafkaProducer] | None = None,
        retry: Retry = Retry(first=0.2, most=10.0),  # noqa: B008 frozen
        patience: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.given_up: str | None = None
        # Below FastStream, which has no public way: the path is only here.
        self._fast: Any = broker.config.producer
        self._make = make or (lambda: AIOKafkaProducer(**broker._connection_kwargs))  # noqa: SLF001
        self._retry = retry
        self._patience = patience
        self._clock = clock
        self._usable = asyncio.Event()
        self._usable.set()
        self._pending: dict[asyncio.Future[Any], float] = {}
        self._replacing: asyncio.Task[None] | None = None
        self._reason = ""
        self._trouble_since: float | None = None
        self._attempts = 0

    @property
    def replacing(self) -> str | None:
        """Why the producer is being replaced right now, else None."""
        return None if self._usable.is_set() else self._reason

    @property
    def silence(self) -> str | None:
        """Say for how long Kafka has not acknowledged a record, if that is too long."""
        oldest = next(iter(self._pending.values()), None)
        waited = 0.0 if oldest is None else self._clock() - oldest
        if waited < SILENT_SECONDS:
            return None
        return f"Kafka has not acknowledged a record for {waited:.0f} s"

    @property
    def started(self) -> bool:
        """Whether there is a producer, or will be one."""
        return not (self._usable.is_set() and self._state().closed)

    @property
    def at_hand(self) -> Any:
        """The producer, if Kafka may take records from it right now, else None."""
        self.look_after()
        state = self._state()
        return state.producer if self._usable.is_set() and not state.closed else None

    async def current(self) -> Any:
        """Return the producer, once there is one that Kafka may take records from."""
        self.look_after()
        await self._usable.wait()
        return self._state().producer

    def look_after(self) -> None:
        """Replace a producer that died without anybody waiting for an ack."""
        state = self._state()
        if self._usable.is_set() and not state.closed:
            dying = state.producer
            if dying._sender.sender_task.done():  # noqa: SLF001 aiokafka says it nowhere else
                self._replace(dying, "the producer has died")

    def watch(self, producer: Any, ack: "asyncio.Future[Any]") -> None:
        """Learn from the outcome of a record how the producer that was given it fares."""
        self._pending[ack] = self._clock()
        ack.add_done_callback(lambda done: self._learn(producer, done))

    def _learn(self, producer: Any, ack: "asyncio.Future[Any]") -> None:
        self._pending.pop(ack, None)
        if ack.cancelled():
            return
        error = ack.exception()
        if error is None:
            self._trouble_since, self._attempts = None, 0
        elif isinstance(error, FATAL):
            self._replace(producer, f"the producer met {type(error).__name__}")

    def _replace(self, producer: Any, reason: str) -> None:
        state = self._state()
        if not self._usable.is_set() or state.closed or state.producer is not producer:
            return
        self._usable.clear()
        self._reason = f"{reason} and is being replaced"
        if self._trouble_since is None:
            self._trouble_since = self._clock()
        self._replacing = asyncio.create_task(self._succeed(state), name="replace-producer")
        _log.warning("producer is replaced", reason=reason)

    async def _succeed(self, state: Any) -> None:
        await _end(state.producer)
        for ack in tuple(self._pending):
            if not ack.done():
                ack.set_exception(ProducerClosed())
        successor = await self._successor(state)
        if successor is not None:
            self._fast._producer = RealProducer(successor)  # noqa: SLF001
            metrics.REPLACED_PRODUCERS.inc()
            _log.info("producer was replaced")
        if self.given_up is None:
            self._usable.set()

    async def _successor(self, state: Any) -> AIOKafkaProducer | None:
        """Start a producer; None when this is given up, or the broker was stopped meanwhile."""
        while self._state() is state:
            if self._is_hopeless():
                self.given_up = f"{self._reason}, in vain"
                return None
            self._attempts += 1
            if self._attempts > 1:
                await asyncio.sleep(self._retry.delay(self._attempts - 1))
            successor = self._make()
            if await self._start(successor) and self._state() is state:
                return successor
            await _end(successor)
        return None

    async def _start(self, successor: AIOKafkaProducer) -> bool:
        try:
            async with asyncio.timeout(_START_SECONDS):
                await successor.start()
        except (KafkaConnectionError, OSError) as error:  # TimeoutError is an OSError
            if not isinstance(error, TimeoutError):
                self._trouble_since = self._clock()
            _log.warning("could not start a producer", exc_info=error)
            return False
        except KafkaError as error:
            _log.warning("could not start a producer", exc_info=error)
            return False
        except asyncio.CancelledError:
            await _end(successor)
            raise
        return True

    def _is_hopeless(self) -> bool:
        since = self._trouble_since
        waited = self._clock() - since if since is not None else 0.0
        return waited > self._patience and self._attempts >= _GIVE_UP_ATTEMPTS

    def _state(self) -> Any:
        return self._fast._producer  # noqa: SLF001


async def _end(producer: Any) -> None:
    """Give what is on the wire a moment, but wait for nothing that Kafka may never take.

    A producer that is in a muddle may raise anything when it is stopped; its successor must come
    all the same.
    """
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 there is no public way
    for step in (producer.stop, producer.client.close):
        try:
            async with asyncio.timeout(_END_SECONDS):
                await step()
        except (KafkaError, OSError):  # TimeoutError is an OSError
            continue
        except Exception as error:  # noqa: BLE001 told, and given up
            _log.warning("a producer did not stop in good order", exc_info=error)
