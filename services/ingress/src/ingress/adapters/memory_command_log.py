"""Keeps entries in memory, for a laptop without Kafka and for tests."""

from collections.abc import Sequence

from domain.ports.command_log import LogEntry, LogUnavailable


class MemoryCommandLog:
    """Gone with the process. `reason` makes it unavailable for as long as it is set."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.reason: str | None = None

    async def append(self, entries: Sequence[LogEntry]) -> None:
        """Keep all, or raise LogUnavailable and keep none."""
        if self.reason is not None:
            raise LogUnavailable(self.reason)
        self.entries.extend(entries)
