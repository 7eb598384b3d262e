"""Records of one key one after another, of different keys side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
RecordT = TypeVar("RecordT")


class Dropped(Exception):
    """The lanes are closing, the record stays unfinished."""


class Lanes(Generic[KeyT, RecordT]):
    """One queue and one task per key with something to do.

    `work` returns when its record needs nothing more and raises Dropped if it gave up because
    of `closing`. Anything else it raises goes to `crashed`, and its lane stands still.
    """

    def __init__(
        self,
        work: Callable[[RecordT], Awaitable[None]],
        *,
        finished: Callable[[RecordT], None],
        crashed: Callable[[BaseException], None],
    ) -> None:
        self.closing = asyncio.Event()
        self._work = work
        self._finished = finished
        self._crashed = crashed
        self._queues: dict[KeyT, deque[RecordT]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def add(self, key: KeyT, record: RecordT) -> None:
        """Queue a record behind those of the same key."""
        queue = self._queues.setdefault(key, deque())
        queue.append(record)
        if len(queue) == 1:
            task = asyncio.create_task(self._drain(key, queue))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def lengths(self) -> dict[KeyT, int]:
        """Give the length of each key's queue, what is worked on included."""
        return {key: len(queue) for key, queue in self._queues.items()}

    def keys(self) -> Collection[KeyT]:
        """Give the keys of which something is queued or worked on."""
        return self._queues.keys()

    async def close(self, grace: float) -> None:
        """Begin nothing more, let what runs end within `grace` seconds, then cancel it."""
        self.closing.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)

    async def _drain(self, key: KeyT, queue: deque[RecordT]) -> None:
        while queue and not self.closing.is_set():
            await self._work(queue[0])
            self._finished(queue.popleft())
        if not queue:
            del self._queues[key]

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, Dropped):
            self._crashed(error)
