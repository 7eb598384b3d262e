"""Delivers webhooks as Meta does: signed, in order per person, repeated until answered 200."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from simulator.batching import MOST_BYTES, Batching
from simulator.envelopes import Update
from simulator.faults import FaultBoard
from simulator.journal import Journal

MOST_PENDING = 50_000


class Ingress(Protocol):
    """Where the business listens."""

    async def post(self, body: bytes) -> int | None:
        """Return the HTTP status of the answer, None when there was none."""
        ...


class Pack(Protocol):
    """Puts updates into the body of one POST."""

    def __call__(self, updates: Sequence[Update], *, merged: bool) -> bytes:
        """Return the body; `merged` lets neighbours share a value."""
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
    """News for the business; those of one `lane` arrive in order unless a fault meddles.

    `about` says for the journal what it tells.
    """

    lane: str
    update: Update
    on_answered: Callable[[], None] = lambda: None
    about: Mapping[str, Any] = field(default_factory=dict)


class Delivery:
    """The delivery worker. `counts` says of the POSTs what happened, `pending` counts updates."""

    def __init__(
        self,
        ingress: Ingress,
        faults: FaultBoard,
        dice: random.Random,
        *,
        pack: Pack,
        pauses: Pauses,
        concurrency: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        journal: Journal | None = None,
    ) -> None:
        self._ingress = ingress
        self._journal = journal or Journal(None)
        self._faults = faults
        self._dice = dice
        self._pack = pack
        self._pauses = pauses
        self._sleep = sleep
        self._room = asyncio.Semaphore(concurrency)
        self._batching = Batching(self._post, sleep)
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
        await self._batching.stop()

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
            early = lane[0][1] - asyncio.get_running_loop().time()
            if early > 0:
                await self._sleep(early)
            together = self._together(lane)
            await self._deliver(together)
            for _ in together:
                lane.popleft()
        del self._lanes[name]

    def _together(self, lane: deque[tuple[Webhook, float]]) -> list[Webhook]:
        """Return what is due at the head of a lane, as much as may share a POST."""
        now = asyncio.get_running_loop().time()
        together, size = [lane[0][0]], 0
        for webhook, due in islice(lane, 1, self._faults.now.webhooks.batch):
            size += together[-1].update.size
            if due > now or size + webhook.update.size > MOST_BYTES:
                break
            together.append(webhook)
        return together

    async def _deliver_alone(self, webhook: Webhook, pause_s: float) -> None:
        await self._sleep(pause_s)
        await self._deliver([webhook])

    async def _deliver(self, webhooks: Sequence[Webhook]) -> None:
        updates = [webhook.update for webhook in webhooks]
        attempts = 0
        while await self._post_together(updates) != 200:  # noqa: PLR2004 - nothing else counts
            attempts += 1
            await self._sleep(self._pauses.after(attempts))
        for webhook in webhooks:
            self._journal.write("answered", lane=webhook.lane, **webhook.about)
            self.pending -= 1
            webhook.on_answered()

    async def _post_together(self, updates: Sequence[Update]) -> int | None:
        faults = self._faults.now.webhooks
        if faults.batch == 1:
            return await self._post(updates)
        most = max(faults.batch, len(updates))
        return await self._batching.post(updates, most=most, wait_s=faults.batch_wait_s)

    async def _post(self, updates: Sequence[Update]) -> int | None:
        merged = len(updates) > 1 and self._dice.random() < 0.5  # noqa: PLR2004 - Meta does either
        async with self._room:
            status = await self._ingress.post(self._pack(updates, merged=merged))
        self.counts["posted"] += 1
        if len(updates) > 1:
            self.counts["batched"] += 1
        self.counts["unanswered" if status is None else f"answered_{status}"] += 1
        return status
