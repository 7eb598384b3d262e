"""One timer for all who wait for Kafka: one each costs about what making the record does."""

import asyncio
import heapq
import itertools
from typing import Protocol


class Waiting(Protocol):
    """Somebody who waits for an outcome, for as long as it is not done."""

    outcome: "asyncio.Future[BaseException | None]"

    def expire(self) -> None:
        """Wait no longer."""
        ...


class Expiry:
    """Lets each of those who still wait expire when its time is over."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Waiting]] = []
        self._number = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many are kept in mind; some of them may wait no more."""
        return len(self._waiting)

    def watch(self, waiting: Waiting, seconds: float) -> None:
        """Let `waiting` expire in so many seconds, unless it has its outcome by then."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        self._forget_done()
        heapq.heappush(self._waiting, (due, next(self._number), waiting))
        if self._timer is None or due < self._timer.when():
            self._arm(loop)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(self._waiting[0][0], self._ring) if self._waiting else None

    def _ring(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        self._forget_done()
        while self._waiting and self._waiting[0][0] <= loop.time():
            heapq.heappop(self._waiting)[2].expire()
            self._forget_done()
        self._arm(loop)

    def _forget_done(self) -> None:
        while self._waiting and self._waiting[0][2].outcome.done():
            heapq.heappop(self._waiting)
