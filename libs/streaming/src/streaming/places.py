"""A bound on how many do something at the same time."""

import asyncio
from collections import deque


class Places:
    """So many are there; whoever comes when all are taken waits in line.

    What asyncio.Semaphore is, for whom nearly always a place is free: nothing is awaited then.
    """

    __slots__ = ("_free", "_line")

    def __init__(self, most: int) -> None:
        self._free = most
        self._line: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Take a place if one is free; who has one gives it back by `leave`."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Return with a place, once all who came before have had theirs."""
        mine = asyncio.get_running_loop().create_future()
        self._line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():  # it came at the very moment
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back: to the first in line, so that nobody overtakes."""
        while self._line:
            first = self._line.popleft()
            if not first.done():
                first.set_result(None)
                return
        self._free += 1
