"""An event loop whose time goes by only where nothing else is to be done, and only when told."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Hands(selectors.DefaultSelector):
    """Waits for nothing: the time of the loop goes on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0.0, 0.0)
        return super().select(0)


class Clockwork(asyncio.SelectorEventLoop):
    """One process of the test: it stands still while nobody turns it."""

    def __init__(self) -> None:
        self._hands = _Hands()
        super().__init__(self._hands)

    def time(self) -> float:
        return self._hands.now

    def go_on(self, seconds: float) -> None:
        """Do what is to be done within these seconds, which take no time."""
        self.call_later(seconds, self.stop)
        self.run_forever()

    def tick(self) -> None:
        """Let each task that can do so take one step."""
        self.call_soon(self.stop)
        self.run_forever()

    def begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Have something done from the next turn on."""
        return self.create_task(work)

    def end(self) -> None:
        """Cancel what there is, at the step that it has reached."""
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.close()
