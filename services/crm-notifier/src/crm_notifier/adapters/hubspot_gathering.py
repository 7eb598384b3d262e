"""What is to be told at the same moment, gathered into one call."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from crm_notifier.adapters.hubspot_answers import Locked
from domain.ports.crm import CrmRefused, CrmUnavailable

MOST = 100
"""Rows of a batch (HubSpot, usage guidelines)."""

Row = TypeVar("Row")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Waiting(Generic[Row, Result]):
    row: Row
    outcome: "asyncio.Future[Result]"


class Gathering(Generic[Row, Result]):
    """Sends rows in batches, one batch at a time: what comes in meanwhile goes along next.

    `turn` is awaited before each call; what has come until then is in it. `send` returns a result
    for each row, in their order, and None for one of which the answer says nothing good.
    Two rows of the same `key` are never in one batch: HubSpot refuses such a batch.
    A batch that is refused is sent again in halves, so that only the bad row suffers.
    """

    def __init__(
        self,
        send: Callable[[Sequence[Row]], Awaitable[Sequence[Result | None]]],
        *,
        turn: Callable[[], Awaitable[None]],
        key: Callable[[Row], Hashable],
        most: int = MOST,
    ) -> None:
        self._send = send
        self._turn = turn
        self._key = key
        self._most = most
        self._waiting: deque[_Waiting[Row, Result]] = deque()
        self._draining: asyncio.Task[None] | None = None

    async def add(self, row: Row) -> Result:
        """Return what came of this row; raises what `send` or `turn` raised about it."""
        waiting = _Waiting[Row, Result](row, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await waiting.outcome

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._once()
        finally:
            self._draining = None

    async def _once(self) -> None:
        try:
            await self._turn()
        except Exception as failure:  # noqa: BLE001 told to those whose rows these are
            _fail(self._take(len(self._waiting)), failure)
            return
        if batch := self._take(self._most):
            await self._deliver(batch)

    def _take(self, most: int) -> list[_Waiting[Row, Result]]:
        batch: dict[Hashable, _Waiting[Row, Result]] = {}
        later: deque[_Waiting[Row, Result]] = deque()
        while self._waiting and len(batch) < most:
            waiting = self._waiting.popleft()
            if waiting.outcome.done():
                continue  # whoever waited for it was told to stop
            key = self._key(waiting.row)
            if key in batch:
                later.append(waiting)
            else:
                batch[key] = waiting
        self._waiting.extendleft(reversed(later))
        return list(batch.values())

    async def _deliver(self, batch: Sequence[_Waiting[Row, Result]]) -> None:
        try:
            results = await self._send([waiting.row for waiting in batch])
        except (CrmRefused, Locked) as refusal:
            await self._again(batch, refusal, was_alone=len(batch) == 1)
            return
        except Exception as failure:  # noqa: BLE001 told to those whose rows these are
            _fail(batch, failure)
            return
        unclear = []
        for waiting, result in zip(batch, results, strict=True):
            if result is None:
                unclear.append(waiting)
            elif not waiting.outcome.done():
                waiting.outcome.set_result(result)
        await self._again(unclear, CrmUnavailable("no-answer"), was_alone=len(batch) == 1)

    async def _again(
        self, batch: Sequence[_Waiting[Row, Result]], failure: Exception, *, was_alone: bool
    ) -> None:
        """Send in smaller parts what failed together; what failed alone has failed."""
        if was_alone:
            _fail(batch, failure)
            return
        middle = len(batch) // 2
        for half in filter(None, (batch[:middle], batch[middle:])):
            try:
                await self._turn()
            except Exception as hindered:  # noqa: BLE001 told to those whose rows these are
                _fail(half, hindered)
            else:
                await self._deliver(half)


def _fail(batch: Sequence[_Waiting[Row, Result]], failure: Exception) -> None:
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(failure)
