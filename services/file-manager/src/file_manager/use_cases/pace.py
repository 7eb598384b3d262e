"""Keeps all downloads together below a rate, so that they leave room on the line."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets so many bytes a second pass, without end if there is no rate; bursts up to a second."""

    def __init__(
        self,
        bytes_per_second: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._due = 0.0

    async def passed(self, size: int) -> None:
        """Return when the next bytes may come."""
        if self._rate is None:
            return
        now = self._clock()
        self._due = max(self._due, now - 1.0) + size / self._rate
        if self._due > now:
            await self._sleep(self._due - now)
