"""Tells when all that stood in the topic of commands at a moment has had its effect."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

STANDSTILL_SECONDS = 300.0
"""A partition that is behind and does not move for so long is halted: nobody waits for it."""

_log = structlog.get_logger(__name__)


class Stocktaking:
    """Where every partition ended at a moment, and which of them stand still since then."""

    def __init__(
        self, at: datetime, ends: Mapping[int, int], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.at = at
        self._ends = ends
        self._clock = clock
        self._stood: dict[int, tuple[int, float]] = {}

    def is_done(self, offsets: Mapping[int, int]) -> bool:
        """Say whether every partition is read so far, going by where each will be read on."""
        behind = {
            shard: offsets.get(shard, 0)
            for shard, end in self._ends.items()
            if offsets.get(shard, 0) < end
        }
        for shard, offset in behind.items():
            if shard not in self._stood or self._stood[shard][0] != offset:
                self._stood[shard] = offset, self._clock()
        oldest = self._clock() - STANDSTILL_SECONDS
        done = all(self._stood[shard][1] <= oldest for shard in behind)
        if done and behind:
            _log.warning("timers wait no longer for shards that stand still", shards=[*behind])
        return done
