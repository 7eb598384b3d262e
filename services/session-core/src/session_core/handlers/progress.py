"""Shows how far the shards have come, and notices when they do not."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Protocol

from domain.ports.command_source import SourceUnavailable
from session_core.use_cases import metrics
from session_core.use_cases.holding import Holding
from session_core.use_cases.shards import Shards
from streaming.standstill import LOOK_SECONDS, Standstill


class ProgressBoard(Protocol):
    """Where progress is shown."""

    async def show_progress(self, offsets: Mapping[int, int]) -> None:
        """Say from where each shard will be read on."""
        ...

    async def ends(self, shards: Collection[int]) -> Mapping[int, int]:
        """Return the offset of each shard's next record. Raises SourceUnavailable."""
        ...


class Progress:
    """Looks every few seconds. `trouble` says what shards wait for, as the database."""

    def __init__(
        self,
        board: ProgressBoard,
        shards: Shards,
        trouble: Callable[[], str | None] = lambda: None,
        standstill: Standstill | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board = board
        self._clock = clock
        self._shards = shards
        self._trouble = trouble
        self._standstill = standstill or Standstill()
        self._reached: dict[int, tuple[int, float]] = {}
        """By shard where it stands, and when it came there or, later, when nothing was left."""

    def ready(self) -> str | None:
        """Give None while shards come on that have more to read, else which does not."""
        return self._standstill.reason()

    async def run(self) -> None:
        """Show it for ever. Raises StoodStill once only a restart helps."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.show()
            self._standstill.check()

    async def show(self) -> None:
        """Show it once. A shard that cannot be worked on stands where it was seen last."""
        held = dict(self._shards.held)
        self._forget(set(self._reached) - self._shards.ours)
        for shard, holding in held.items():
            if self._reached.get(shard, (-1,))[0] != holding.next_offset:
                self._reached[shard] = holding.next_offset, self._clock()
            metrics.BEHIND.labels(shard).set(holding.relay.behind)
        ends = await self._ends()
        self._compare(held, ends)
        for shard, end in ends.items():
            self._show_lag(shard, end)
            metrics.OLDEST.labels(shard).set(self._age(shard, held.get(shard)))
        if held:
            offsets = {shard: holding.next_offset for shard, holding in held.items()}
            await self._board.show_progress(offsets)

    def _compare(self, held: Mapping[int, Holding], ends: Mapping[int, int]) -> None:
        """Note which shard stands still for no reason that is known."""
        moving = {} if self._trouble() else held
        reached = {at: one.next_offset for at, one in moving.items() if not one.overloaded}
        if ends:
            self._standstill.compare(reached, ends)

    async def _ends(self) -> Mapping[int, int]:
        try:
            return await self._board.ends(self._reached) if self._reached else {}
        except SourceUnavailable:
            return {}

    def _forget(self, shards: Collection[int]) -> None:
        """Show nothing more of shards that are somebody else's by now."""
        for shard in shards:
            del self._reached[shard]
            for gauge in (metrics.BEHIND, metrics.LAG, metrics.OLDEST):
                with suppress(KeyError):
                    gauge.remove(str(shard))

    def _show_lag(self, shard: int, end: int) -> None:
        offset, _ = self._reached[shard]
        lag = max(0, end - offset)
        metrics.LAG.labels(shard).set(lag)
        if not lag:
            self._reached[shard] = offset, self._clock()

    def _age(self, shard: int, holding: Holding | None) -> float:
        """Give seconds: of the oldest command at hand, or since when one is known to wait."""
        if holding is not None and holding.oldest_at is not None:
            return max(0.0, time.time() - holding.oldest_at / 1000)
        return round(self._clock() - self._reached[shard][1], 2)
