"""Records of one key one after another, of different keys side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
RecordT = TypeVar("RecordT")


class Dropped(Exception):
    """The lanes are closing, the record stays unfinished."""


class Lanes(Generic[KeyT, RecordT]):
    """One queue and one task per key with something to do.

    `work` returns when its record needs nothing more and raises Dropped if it gave up because
    of `closing`. Anything else it raises goes to `crashed`, and its lane stands still.
    Queues of more than `many` records are found without looking at all the others.
    """

    def __init__(
        self,
        work: Callable[[RecordT], Awaitable[None]],
        *,
        finished: Callable[[RecordT], None],
        crashed: Callable[[BaseException], None],
        many: int,
    ) -> None:
        self.closing = asyncio.Event()
        self._many = many
        self._long: dict[KeyT, deque[RecordT]] = {}
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
        length = len(queue)
        if length == 1:
            task = asyncio.create_task(self._drain(key, queue))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if length > self._many:
            self._long[key] = queue

    def long(self) -> Mapping[KeyT, int]:
        """Give the length of each queue of more than `many`, what is worked on included."""
        self._long = {key: queue for key, queue in self._long.items() if len(queue) > self._many}
        return {key: len(queue) for key, queue in self._long.items()}

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
