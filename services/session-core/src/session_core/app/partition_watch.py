"""Notices while the service runs that a topic no longer has a partition for each shard."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain.ports.command_source import SourceUnavailable
from session_core.use_cases.shards import Shards
from streaming.counting import counted

LOOK_SECONDS = 15.0
_HELP = "docs/how-to/when-a-shard-stands-still.md"

_log = structlog.get_logger(__name__)


class PartitionWatch:
    """Compares again and again; `count` gives partitions of commands and of events."""

    def __init__(self, count: Callable[[], Awaitable[Sequence[int]]], shards: Shards) -> None:
        self._count = count
        self._shards = shards
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """Give None while each shard has its partitions, and each partition its shard."""
        return self._trouble

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Compare once. Kafka's silence changes nothing: others tell of it."""
        try:
            commands, events = await self._count()
        except SourceUnavailable:
            return
        trouble = _difference(commands, events, self._shards.total)
        if trouble is not None and trouble != self._trouble:
            _log.error("partitions and shards differ: a person must look", reason=trouble)
        self._trouble = trouble


def _difference(commands: int, events: int, shards: int) -> str | None:
    if commands == events == shards:
        return None
    return (
        f"session-commands has {counted(commands, 'partition')}, session-events {events},"
        f" and the store had {counted(shards, 'shard')} at the start: give all three the same"
        f" number while every instance is stopped ({_HELP})"
    )
