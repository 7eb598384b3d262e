"""How fast HubSpot may be called: as fast as it says that it takes it, and never faster."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping

from domain.ports.crm import CrmUnavailable

FIRST_CALLS, FIRST_SECONDS = 100, 10.0
"""The least that HubSpot allows (usage guidelines), until an answer says what it allows us."""

PATIENCE = 12.0
"""Seconds that a call waits here at most; somewhat more than HubSpot's window of ten."""

_USED = 0.97
"""Of what is allowed: its window and ours do not begin at the same moment."""
_SLOWER, _LEAST, _RECOVERY = 0.85, 0.1, 0.001
_NUMBER = re.compile(r"[0-9]{1,9}")


class Pace:
    """Gives turns to calls, evenly spread: an allowance that is used up at once is a refusal.

    Others call with the same key, too: a refusal makes us slower, and answers faster again.
    Times are seconds of any monotonic clock.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._gap = FIRST_SECONDS / FIRST_CALLS / _USED
        self._share = 1.0
        self._next = self._opens = clock()

    async def turn(self) -> None:
        """Return when one call may go. Raises CrmUnavailable where it would wait for too long."""
        await self._opened()
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._gap / self._share
        if mine > now:
            await self._sleep(mine - now)
            await self._opened()

    def answered(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer how many calls are allowed, and that they are."""
        most = _number(headers.get("x-hubspot-ratelimit-max"))
        milliseconds = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
        if most and milliseconds:
            self._gap = milliseconds / 1000 / most / _USED
        self._share = min(1.0, self._share + _RECOVERY)

    def exceeded(self, seconds: float) -> None:
        """Note that we called too often: call nobody for so long, and then less often."""
        self._share = max(_LEAST, self._share * _SLOWER)
        self._opens = max(self._opens, self._clock() + seconds)

    async def _opened(self) -> None:
        while (left := self._opens - self._clock()) > 0:
            if left > PATIENCE:
                raise CrmUnavailable("rate-limit", after=left)
            await self._sleep(left)


def _number(header: str | None) -> int | None:
    return int(header) if header and _NUMBER.fullmatch(header) else None
