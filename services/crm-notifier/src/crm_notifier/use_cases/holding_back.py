"""Leaves a CRM alone while it asked for a pause, or until a person had time to look."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from crm_notifier.use_cases.allowance import Allowance
from domain.ports.crm import CrmPaused, CrmService, CrmUnavailable, Notable
from domain.values import EventId
from streaming.places import Places

RARELY = 300.0
"""Seconds between two attempts at a CRM that takes nothing from us."""


CALLS = 64
"""Under way at once at the most."""


class HoldingBack:
    """A CRM that is not called before its pause is over, for whichever event it asked for it.

    Nor is it called more than `calls` times at once, or faster than it let calls through before.
    """

    def __init__(
        self,
        crm: CrmService,
        *,
        calls: int = CALLS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = crm.name
        self.supports = crm.supports
        self._crm = crm
        self._clock = clock
        self._sleep = sleep
        self._places = Places(calls)
        self._allowance = Allowance(clock)
        self._paused_at = float("-inf")
        self._not_before = float("-inf")
        self._paused: str | None = None

    def paused(self) -> str | None:
        """Give why nothing can be told until a person has looked, else None."""
        return self._paused

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Tell the CRM unless it is to be left alone; fails as it does."""
        if not self._places.take():
            await self._places.wait()
        try:
            self._keep_pause()
            if (wait := self._allowance.wait()) > 0:
                await self._sleep(wait)
                self._keep_pause()
            await self._tell(event, event_id=event_id, at=at)
        finally:
            self._places.leave()

    async def _tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        began = self._clock()
        try:
            await self._crm.tell(event, event_id=event_id, at=at)
        except CrmPaused as failure:
            self._paused = str(failure)
            self._hold(RARELY if failure.after is None else failure.after, began)
            raise
        except CrmUnavailable as failure:
            self._hold(failure.after or 0.0, began)
            raise
        self._allowance.let_through()
        if self._is_over():  # what was under way when the pause began says nothing of its end
            self._paused = None

    def _keep_pause(self) -> None:
        left = self._not_before - self._clock()
        if left <= 0:
            return
        if self._paused is not None:
            raise CrmPaused(self._paused, after=left)
        raise CrmUnavailable("asked-to-wait", after=left)

    def _hold(self, seconds: float, began: float) -> None:
        """Begin a pause. What was under way when one began belongs to it, and makes no other."""
        if began > self._paused_at:
            self._paused_at = self._clock()
            if seconds:
                self._allowance.pauses()
        self._not_before = max(self._not_before, self._paused_at + seconds)

    def _is_over(self) -> bool:
        return self._not_before <= self._clock()
