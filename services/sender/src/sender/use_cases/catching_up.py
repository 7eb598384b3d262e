"""Looks ahead in what is still to be read, before anything is done that it might forbid."""

import asyncio
from collections import defaultdict

from domain.ports.outlook import Outlook


class CatchingUp:
    """Looks once for all who ask together.

    Whoever asks while somebody looks waits for the next time: for them this one ends too early.
    """

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._next: dict[int, asyncio.Task[None]] = {}
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, partition: int) -> None:
        """Return once all outcomes are heard that stood there by now. Raises NewsUnavailable."""
        task = self._next.get(partition)
        if task is None:
            task = self._next[partition] = asyncio.create_task(self._in_turn(partition))
            task.add_done_callback(_seen)
        await asyncio.shield(task)

    async def _in_turn(self, partition: int) -> None:
        async with self._turns[partition]:
            del self._next[partition]
            await self._outlook.look(partition)


def _seen(task: "asyncio.Task[None]") -> None:
    """Who asked may be gone."""
    if not task.cancelled():
        task.exception()
