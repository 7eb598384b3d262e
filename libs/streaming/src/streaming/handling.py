"""What happens to one record until it needs nothing more: handled, repeated or parked."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog

from streaming import metrics, tracing
from streaming.cloudevents import CloudEvent, Headers, InvalidCloudEvent, decode
from streaming.kafka import PublishFailed
from streaming.lanes import Dropped
from streaming.parking import Parkable
from streaming.places import Places
from streaming.retrying import Circuit, ParkingLimit, Retry
from streaming.traced import PROCESS

_BUG_RETRIES = 3
_LOOK_AGAIN_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class Fetched(Parkable, Protocol):
    """A record as Kafka's client gives it."""

    @property
    def timestamp(self) -> int: ...  # noqa: D102


class Record(NamedTuple):
    """A record as a handler gets it; `timestamp` is in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    event: CloudEvent


class Parks(Protocol):
    """Keeps a record for a person to look at; raises PublishFailed when that is not certain."""

    async def park(  # noqa: D102 the class says it
        self,
        record: Parkable,
        reason: str,
        *,
        error: BaseException | None = None,
        attempts: int = 1,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Failures:
    """Which exceptions mean "try again later", and which "trying again cannot help".

    One of the former may have an `after`: how many seconds to wait at least.
    The text of the rejected ones is written into parked records: it holds no personal data.
    """

    unavailable: tuple[type[Exception], ...]
    rejected: tuple[type[Exception], ...]


class Handling:
    """Handles one record after another for as long as it takes; never skips one."""

    def __init__(
        self,
        handle: Callable[[Record], Awaitable[None]],
        parking: Parks,
        failures: Failures,
        *,
        reader: tuple[str, str],
        concurrency: int,
        retry: Retry,
        limit: ParkingLimit | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.circuit = Circuit(retry=retry)
        self.halted: str | None = None
        self._handle = handle
        self._parking = parking
        self._failures = failures
        self._reader = reader
        self._handled = metrics.HANDLED.labels(*reader)
        for rare in (metrics.PARKED, metrics.RETRIED):
            rare.labels(*reader)  # from 0 on: an alarm cannot see the first of a series
        self._slots = Places(concurrency)
        self._at_work: set[Hashable] = set()
        metrics.IN_FLIGHT.labels(*reader).set_function(self._at_work.__len__)
        self._turned_away: set[asyncio.Future[None]] = set()
        self._retry = retry
        self._limit = limit or ParkingLimit()
        self._clock = clock

    def lacks_a_probe(self, keys: Collection[Hashable]) -> bool:
        """Tell if what we call is unavailable, and nobody of these is there to ask it anew."""
        return self.circuit.lacks_a_probe(key for key in keys if key not in self._at_work)

    def finish(
        self, fetched: Fetched | Record, closing: asyncio.Event
    ) -> Coroutine[Any, Any, None]:
        """Return when the record needs nothing more; raise Dropped if `closing` comes first."""
        try:
            record = fetched if isinstance(fetched, Record) else read(fetched)
        except InvalidCloudEvent as invalid:
            return self._park_by_our_fault(fetched, f"unreadable: {invalid}", invalid, 1, closing)
        return self._finish(record, closing)

    async def _finish(self, record: Record, closing: asyncio.Event) -> None:
        failed = bugs = 0
        while (outcome := await self._attempt(record, closing)) is not None:
            failed += 1
            if isinstance(outcome, self._failures.rejected):
                await self._park(record, _reason(outcome), outcome, failed, closing)
                return
            if not isinstance(outcome, self._failures.unavailable):
                bugs += 1
                _log.error("handler failed", **_place(record), attempt=bugs, exc_info=outcome)
            if bugs > _BUG_RETRIES:
                reason = f"bug:{type(outcome).__name__}"
                await self._park_by_our_fault(record, reason, outcome, failed, closing)
                return
            metrics.RETRIED.labels(*self._reader).inc()
            await _pause(closing, max(self._retry.delay(failed), _asked(outcome)))
        self._handled.inc()

    async def _attempt(self, record: Record, closing: asyncio.Event) -> Exception | None:
        key = record.partition, record.key
        try:
            while True:
                if self._wait(key):
                    await self._turn(key, closing)
                if not self._slots.take():  # only now: whoever waits for its turn needs no place
                    await self._slots.wait()
                try:
                    if closing.is_set():
                        raise Dropped
                    if not self._wait(key):
                        return await self._outcome(record, key)
                finally:
                    self._slots.leave()
        finally:
            self.circuit.released(key)

    async def _outcome(self, record: Record, key: Hashable) -> Exception | None:
        self._at_work.add(key)
        began, outcome = time.perf_counter(), None
        try:
            with _span(record, self._reader[1]):
                await self._handle(record)
        except Exception as error:  # noqa: BLE001 told apart there
            outcome = error
            self._failed(record, key, error)
        else:
            self._answered()
        finally:
            self._at_work.discard(key)
        failure = "" if outcome is None else type(outcome).__name__
        metrics.processing(*self._reader, failure).observe(time.perf_counter() - began)
        return outcome

    def _failed(self, record: Record, key: Hashable, error: Exception) -> None:
        """Note what it says of what we call; a bug of ours says nothing."""
        if isinstance(error, self._failures.rejected):
            self._answered()
        elif isinstance(error, self._failures.unavailable):
            if not self.circuit.is_open:
                _log.warning("unavailable", **_place(record), exc_info=error)
            self.circuit.failed(key, self._clock(), after=_asked(error))

    def _answered(self) -> None:
        self.circuit.succeeded()
        for waiting in self._turned_away:
            if not waiting.done():
                waiting.set_result(None)

    async def _turn(self, key: Hashable, closing: asyncio.Event) -> None:
        while not closing.is_set():
            if not (wait := self._wait(key)):
                return
            await self._look_again(min(wait, _LOOK_AGAIN_SECONDS))
        raise Dropped

    async def _look_again(self, seconds: float) -> None:
        """Wait, though not longer than until what we call has answered to somebody."""
        waiting = asyncio.get_running_loop().create_future()
        self._turned_away.add(waiting)
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError:
            return
        finally:
            self._turned_away.discard(waiting)

    def _wait(self, key: Hashable) -> float:
        return _LOOK_AGAIN_SECONDS if self.halted else self.circuit.wait(key, self._clock())

    async def _park_by_our_fault(
        self, record: Parkable, reason: str, error: Exception, attempts: int, closing: asyncio.Event
    ) -> None:
        """Park, unless so many were parked that the fault must be ours: then stand still."""
        if self.halted is None and not self._limit.allows(self._clock()):
            self.halted = (
                f"stopped: more than {self._limit.most} records parked"
                f" within {self._limit.seconds / 60:g} minutes, the last for {reason}"
            )
            _log.error("consuming stopped", **_place(record), reason=self.halted)
        while self.halted is not None:
            await _pause(closing, 60)
        await self._park(record, reason, error, attempts, closing)

    async def _park(
        self, record: Parkable, reason: str, error: Exception, attempts: int, closing: asyncio.Event
    ) -> None:
        for failed in itertools.count(1):
            try:
                await self._parking.park(record, reason, error=error, attempts=attempts)
            except PublishFailed as failure:
                _log.warning("could not park", **_place(record), exc_info=failure)
                await _pause(closing, self._retry.delay(failed))
            else:
                break
        metrics.PARKED.labels(*self._reader).inc()
        _log.warning("parked", **_place(record), reason=reason, attempts=attempts)


async def _pause(closing: asyncio.Event, seconds: float) -> None:
    """Wait, or raise Dropped as soon as the record is to be left to its next owner."""
    try:
        async with asyncio.timeout(seconds):
            await closing.wait()
    except TimeoutError:
        return
    raise Dropped


def read(fetched: Fetched) -> Record:
    """Decode the envelope. Raises InvalidCloudEvent."""
    return Record(
        topic=fetched.topic,
        partition=fetched.partition,
        offset=fetched.offset,
        key=fetched.key,
        value=fetched.value,
        headers=fetched.headers,
        timestamp=fetched.timestamp,
        event=decode(fetched.value, fetched.headers),
    )


def _span(record: Record, group: str) -> AbstractContextManager[object]:
    return tracing.span(
        PROCESS,
        record.topic,
        parent=record.event.traceparent,
        attributes=lambda: {
            **tracing.messaging("process", "process", record.topic),
            "messaging.consumer.group.name": group,
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
            "messaging.message.id": record.event.id,
        },
    )


def _asked(error: Exception) -> float:
    """Give how long the other side wants to be left alone, in seconds."""
    asked: float | None = getattr(error, "after", None)
    return asked or 0.0


def _reason(error: Exception) -> str:
    return f"rejected:{type(error).__name__}: {error}"[:200].removesuffix(": ")


def _place(record: Parkable) -> dict[str, object]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
