"""Several updates in one POST, as Meta batches them (create-webhook-endpoint: up to 1,000)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from simulator.envelopes import Update

MOST_UPDATES = 1_000
MOST_BYTES = 3 * 1024 * 1024 - 4096
"""Meta's bounds of one body (webhooks/overview), less what stands around the values."""

Post = Callable[[Sequence[Update]], Awaitable[int | None]]
"""Posts these together; gives the status of the answer, None when there was none."""


@dataclass(slots=True)
class _Batch:
    status: asyncio.Future[int | None]
    updates: list[Update] = field(default_factory=list)
    size: int = 0


class Batching:
    """Gathers what is due within a moment into one POST; each waits for the answer to the whole."""

    def __init__(self, post: Post, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._post = post
        self._sleep = sleep
        self._open: _Batch | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def post(self, updates: Sequence[Update], *, most: int, wait_s: float) -> int | None:
        """Return the answer to the POST in which these went, in their order.

        At most `most` updates share it, gathered for `wait_s` seconds. `updates` are no more.
        """
        size = sum(update.size for update in updates)
        batch = self._open
        if (
            batch is None
            or len(batch.updates) + len(updates) > most
            or batch.size + size > MOST_BYTES
        ):
            batch = self._begin(wait_s)  # what is in the other goes when its time has come
        batch.updates.extend(updates)
        batch.size += size
        return await asyncio.shield(batch.status)

    async def stop(self) -> None:
        """Give up what is gathered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, wait_s: float) -> _Batch:
        batch = self._open = _Batch(asyncio.get_running_loop().create_future())
        task = asyncio.ensure_future(self._send(batch, wait_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: batch.status.cancel())  # unless it was answered
        return batch

    async def _send(self, batch: _Batch, wait_s: float) -> None:
        await self._sleep(wait_s)
        if self._open is batch:
            self._open = None
        batch.status.set_result(await self._post(batch.updates))
