"""Shows how far the shards have come: to Kafka's dashboards and as metrics."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from session_core.use_cases import metrics
from session_core.use_cases.shards import Shards

_EVERY_SECONDS = 5.0


class ProgressBoard(Protocol):
    """Where progress is shown."""

    async def show_progress(self, offsets: Mapping[int, int]) -> None:
        """Say from where each shard will be read on."""
        ...

    def lag(self, shard: int, offset: int) -> int:
        """Count the records beyond the offset."""
        ...


class Progress:
    """Looks every few seconds. Nothing depends on it."""

    def __init__(self, board: ProgressBoard, shards: Shards) -> None:
        self._board = board
        self._shards = shards

    async def run(self) -> None:
        """Show it for ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await self.show()

    async def show(self) -> None:
        """Show it once."""
        held = dict(self._shards.held)
        for shard, holding in held.items():
            metrics.BEHIND.labels(shard).set(holding.relay.behind)
            metrics.LAG.labels(shard).set(self._board.lag(shard, holding.next_offset))
        if held:
            offsets = {shard: holding.next_offset for shard, holding in held.items()}
            await self._board.show_progress(offsets)
