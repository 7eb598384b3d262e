"""Tells the world of a shard's events, in order and without holes, behind the appends."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from domain.ports.event_store import (
    EventPublisher,
    EventStore,
    PublishFailed,
    RecordedEvent,
    ShardPublisher,
    StoreFailure,
)
from session_core.use_cases import metrics
from session_core.use_cases.patience import Patience

MOST_EVENTS = 2000
MOST_BYTES = 1024 * 1024
"""Of one transaction: more than a full batch of commands leads to, which would need a second."""
MOST_READ = 1000
"""Events read from the store at once, however large they are."""
MOST_WAITING = 10_000
"""Events kept in memory; what is beyond is read from the store when its turn comes."""
IDLE_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tenure:
    """The shard and epoch under which we may publish."""

    shard: int
    epoch: int


class Relay:
    """One shard's way out. `lost` is called once, when the shard turns out not to be ours."""

    def __init__(
        self,
        tenure: Tenure,
        store: EventStore,
        publisher: EventPublisher,
        opened: ShardPublisher,
        *,
        published: int,
        last: int,
        lost: Callable[[], None],
    ) -> None:
        self._tenure = tenure
        self._store = store
        self._publisher = publisher
        self._opened = opened
        self._last = last
        self._lost = lost
        self._noted = published
        self._waiting: deque[RecordedEvent] = deque()
        self._offered = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.published = published
        self.trouble: str | None = None

    @property
    def behind(self) -> int:
        """How many events are stored but not published."""
        return max(0, self._last - self.published)

    def start(self) -> None:
        """Begin to publish, first what a former owner left."""
        self._running = asyncio.create_task(self._run(), name=f"relay-{self._tenure.shard}")
        self._running.add_done_callback(self._ended)

    def offer(self, events: Sequence[RecordedEvent]) -> None:
        """Hand over events just stored, numbered on from the last ones."""
        self._last = events[-1].sequence
        if len(self._waiting) < MOST_WAITING:
            self._waiting.extend(events)
        self._caught_up.clear()
        self._offered.set()

    async def drain(self, seconds: float) -> None:
        """Wait until everything is published, but not longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._caught_up.wait()

    async def close(self) -> None:
        """Stop publishing and let go of the shard's producer."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        await self._opened.close()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            _log.error("publishing broke", shard=self._tenure.shard, exc_info=error)
            self._lost()

    async def _run(self) -> None:
        patience = Patience(first=0.05, most=2.0)
        while True:
            try:
                if self.published >= self._last:
                    await self._rest()
                else:
                    await self._publish(await self._next())
                self.trouble = None
                patience.restore()
            except StoreFailure as failure:
                self.trouble = f"publishing waits for the store: {failure}"
                await patience.wait()
            except PublishFailed as failure:
                self.trouble = f"publishing failed: {failure}"
                _log.warning("publishing failed", shard=self._tenure.shard, reason=str(failure))
                if not await self._open_again():
                    self._lost()
                    return
                self.trouble = None
                await patience.wait()

    async def _rest(self) -> None:
        self._caught_up.set()
        self._offered.clear()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._offered.wait()
        except TimeoutError:
            await self._note()

    async def _note(self) -> None:
        """Remember in the store how far we came: the topic will forget it with its last record."""
        if self._noted < self.published:
            await self._store.record_published(
                self._tenure.shard, epoch=self._tenure.epoch, sequence=self.published
            )
            self._noted = self.published

    async def _next(self) -> Sequence[RecordedEvent]:
        while self._waiting and self._waiting[0].sequence <= self.published:
            self._waiting.popleft()
        if not self._waiting or self._waiting[0].sequence != self.published + 1:
            stored = await self._store.read(
                self._tenure.shard, after=self.published, limit=MOST_READ
            )
            return _portion(stored, self.published)
        return _portion(self._waiting, self.published)

    async def _publish(self, events: Sequence[RecordedEvent]) -> None:
        with metrics.PUBLISH_SECONDS.time():
            await self._opened.publish(events)
        self.published = events[-1].sequence
        metrics.PUBLISHED.inc(len(events))

    async def _open_again(self) -> bool:
        """Find out what became of the last transaction; say whether the shard is still ours."""
        await self._opened.close()
        patience = Patience(first=0.1, most=5.0)
        while await self._is_ours(patience):
            try:
                self._opened = await self._publisher.open(self._tenure.shard)
            except PublishFailed as failure:
                self.trouble = f"the topic of events cannot be opened: {failure}"
                await patience.wait()
                continue
            # A broker can lose what it had acknowledged (ADR 18): the topic says what is published,
            # not we; only one that retention emptied says nothing.
            self.published = self._opened.published or self.published
            return self.published <= self._last and await self._is_ours(patience)
        return False

    async def _is_ours(self, patience: Patience) -> bool:
        while True:
            try:
                return await self._store.epoch(self._tenure.shard) == self._tenure.epoch
            except StoreFailure as failure:
                self.trouble = f"publishing waits for the store: {failure}"
                await patience.wait()


def _portion(
    events: Sequence[RecordedEvent] | deque[RecordedEvent], after: int
) -> list[RecordedEvent]:
    """Take what fits into one transaction and follows without a hole."""
    portion: list[RecordedEvent] = []
    size = 0
    for event in events:
        full = len(portion) == MOST_EVENTS or size + len(event.event.data) > MOST_BYTES
        if event.sequence != after + 1 or (portion and full):
            break
        portion.append(event)
        size += len(event.event.data)
        after = event.sequence
    return portion
