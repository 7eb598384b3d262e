"""Waits for the turn of a reply, but not for longer than its caller wants to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import NamedTuple

import structlog

from domain.events import ReplyRequested
from domain.messages import UNCOUNTED
from domain.ports.sending import NumberStopped, SlowDown
from sender.use_cases import metrics
from sender.use_cases.pacing import Pacing

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Time:
    """The clock on the wall, the one for measuring, and the way to wait."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Patience(NamedTuple):
    """How many seconds to wait: for the pace of a person, and for anything at all."""

    pair: float = inf
    any: float = inf


FOREVER = Patience()


class NotSoon(Exception):
    """The turn comes at `at` of the monotonic clock, later than there is patience for."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at


class Turns:
    """Keeps the pace of numbers and people, and tells when a number stops or goes on."""

    def __init__(self, pacing: Pacing, time: Time) -> None:
        self.on_resumed: Callable[[], None] = lambda: None
        self._pacing = pacing
        self._time = time

    async def take(
        self, request: ReplyRequested, patience: Patience, in_vain: Callable[[], bool]
    ) -> bool:
        """Return when it is this reply's turn, or waiting any longer is in vain. Raises NotSoon.

        Say whether it had to wait. A pause that begins meanwhile means to queue again.
        """
        whose, waited = (request.phone_number_id, request.contact_id), False
        while True:
            now = self._time.monotonic()
            if held := self._pacing.held(now, *whose):
                if in_vain():
                    return True
                if held > patience.any:
                    raise NotSoon(now + held)
                await self._time.sleep(held)
                waited = True
                continue
            if request.kind not in UNCOUNTED and (wait := self._queue(request, patience, now)):
                await self._time.sleep(wait)
                waited = True
            if not self._pacing.let_go(self._time.monotonic(), *whose):
                return waited

    def _queue(self, request: ReplyRequested, patience: Patience, now: float) -> float:
        """Take a turn, and return how many seconds to wait for it. Raises NotSoon."""
        whose = (request.phone_number_id, request.contact_id)
        by_number, by_pair = self._pacing.turn(now, *whose)
        if not (wait := max(by_number, by_pair)):
            return 0.0
        if wait > patience.any or by_pair > patience.pair:
            self._pacing.give_back(now, *whose)
            if by_number > patience.any:
                wait = max(by_pair, self._pacing.come_again(now, whose[0], by_number) - now)
            raise NotSoon(now + wait)
        return wait

    def slow_down(self, request: ReplyRequested, limit: SlowDown) -> None:
        """Pause whom the platform's refusal speaks of."""
        now = self._time.monotonic()
        self._pacing.slow_down(now, limit.scope, request.phone_number_id, request.contact_id)

    def stop(self, request: ReplyRequested, stop: NumberStopped) -> int:
        """Stop the number of this reply; return how often it had been stopped and resumed."""
        now, number = self._time.monotonic(), request.phone_number_id
        if self._pacing.stop(now, number, request.contact_id, stop.code):
            metrics.STOPPED.labels(number, stop.code).set(1)
            _log.error("number.stopped", phone_number_id=number, code=stop.code)
        return self._pacing.resumed(now, number)

    def worked_since(self, request: ReplyRequested, stopped_at: int | None) -> bool:
        """Say whether the number worked for others since this reply stopped it the last time."""
        resumed = self._pacing.resumed(self._time.monotonic(), request.phone_number_id)
        return stopped_at is not None and stopped_at < resumed

    def went_well(self, request: ReplyRequested, began: float) -> None:
        """Let the next pauses be short again, after a call that began then."""
        number, now = request.phone_number_id, self._time.monotonic()
        if self._pacing.went_well(now, number, request.contact_id, began=began):
            metrics.stopped_no_more(number)
            _log.warning("number.resumed", phone_number_id=number)
            self.on_resumed()

    def status(self) -> str | None:
        """Return which numbers are stopped, if any."""
        stops = self._pacing.stops()
        told = (f"{number} (error {code})" for number, code in sorted(stops.items()))
        return f"stopped by the platform: {', '.join(told)}" if stops else None
