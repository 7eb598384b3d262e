"""Delivers webhooks as Meta does: signed, in order per person, repeated until answered 200."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.faults import FaultBoard
from simulator.journal import Journal

MOST_PENDING = 50_000


class Ingress(Protocol):
    """Where the business listens."""

    async def post(self, body: bytes) -> int | None:
        """Return the HTTP status of the answer, None when there was none."""
        ...


class TooManyPending(Exception):
    """So many webhooks wait for the business that no more are taken."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds between attempts: they double from `first` to `longest`."""

    first: float = 0.25
    longest: float = 10.0

    def after(self, attempts: int) -> float:
        """Return how long to wait after so many failed attempts."""
        return min(self.longest, self.first * 2.0 ** min(attempts - 1, 30))


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body for the business; those of one `lane` arrive in order unless a fault meddles.

    `about` says for the journal what it tells.
    """

    lane: str
    body: bytes
    on_answered: Callable[[], None]
    about: Mapping[str, Any] = field(default_factory=dict)


class Delivery:
    """The delivery worker. `posted` counts what happened, for the statistics."""

    def __init__(
        self,
        ingress: Ingress,
        faults: FaultBoard,
        dice: random.Random,
        *,
        pauses: Pauses,
        concurrency: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        journal: Journal | None = None,
    ) -> None:
        self._ingress = ingress
        self._journal = journal or Journal(None)
        self._faults = faults
        self._dice = dice
        self._pauses = pauses
        self._sleep = sleep
        self._room = asyncio.Semaphore(concurrency)
        self._lanes: dict[str, deque[tuple[Webhook, float]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.pending = 0
        self.counts: Counter[str] = Counter()

    def send(self, webhook: Webhook) -> None:
        """Take a webhook for delivery; returns at once. Raises TooManyPending."""
        if self.pending >= MOST_PENDING:
            raise TooManyPending
        faults = self._faults.now.webhooks
        if self._dice.random() < faults.drop:
            self.counts["dropped"] += 1
            return
        twice = self._dice.random() < faults.duplicate
        reordered = self._dice.random() < faults.reorder
        way = "alone" if twice or reordered else "in-turn"
        self._journal.write("taken", lane=webhook.lane, way=way, twice=twice, **webhook.about)
        if twice:
            self.counts["duplicated"] += 1
            self._start_alone(webhook, faults.delay_s + self._dice.uniform(0, 0.2))
        if reordered:
            self.counts["reordered"] += 1
            self._start_alone(webhook, faults.delay_s + self._dice.uniform(0.1, 1.0))
        else:
            self._queue(webhook, faults.delay_s)

    async def settled(self) -> None:
        """Return once every webhook taken so far was answered 200."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Give up what was not delivered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _queue(self, webhook: Webhook, delay_s: float) -> None:
        self.pending += 1
        due = asyncio.get_running_loop().time() + delay_s
        lane = self._lanes.get(webhook.lane)
        if lane is None:
            self._lanes[webhook.lane] = deque([(webhook, due)])
            self._start(self._run_lane(webhook.lane))
        else:
            lane.append((webhook, due))

    def _start_alone(self, webhook: Webhook, pause_s: float) -> None:
        self.pending += 1
        self._start(self._deliver_alone(webhook, pause_s))

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, name: str) -> None:
        lane = self._lanes[name]
        while lane:
            webhook, due = lane[0]
            early = due - asyncio.get_running_loop().time()
            if early > 0:
                await self._sleep(early)
            await self._deliver(webhook)
            lane.popleft()
        del self._lanes[name]

    async def _deliver_alone(self, webhook: Webhook, pause_s: float) -> None:
        await self._sleep(pause_s)
        await self._deliver(webhook)

    async def _deliver(self, webhook: Webhook) -> None:
        attempts = 0
        while True:
            async with self._room:
                status = await self._ingress.post(webhook.body)
            attempts += 1
            self.counts["posted"] += 1
            if status == 200:  # noqa: PLR2004 - nothing but 200 counts, Meta says
                break
            self.counts["unanswered" if status is None else f"answered_{status}"] += 1
            await self._sleep(self._pauses.after(attempts))
        self._journal.write("answered", lane=webhook.lane, **webhook.about)
        self.counts["answered_200"] += 1
        self.pending -= 1
        webhook.on_answered()
