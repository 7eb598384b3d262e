"""The ledger in memory: outlives a ReplySending, not the process."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import time

from domain.ports.sending_ledger import OUTCOMES, LedgerEntry
from domain.values import ReplyId


class MemoryLedger:
    """Keeps every write in `history`, in order, and the newest entries per partition.

    `clock` is in seconds.
    """

    def __init__(self, pages: int = 6, clock: Callable[[], float] = time) -> None:
        self.pages = pages
        self.history: list[tuple[ReplyId, LedgerEntry]] = []
        self._clock = clock
        self._begins: dict[int, int] = {}
        self._pages: dict[int, dict[ReplyId, LedgerEntry]] = defaultdict(dict)
        self._kept_at: dict[ReplyId, float] = {}

    async def load(self, begins: Mapping[int, int]) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Return copies of the pages."""
        self._begins = dict(begins)
        return {
            partition: {
                reply: entry
                for reply, entry in self._pages[partition].items()
                if entry.offset >= begin
            }
            for partition, begin in begins.items()
        }

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Keep the entry."""
        self.history.append((reply_id, entry))
        self._pages[partition][reply_id] = entry
        self._kept_at[reply_id] = self._clock()

    async def forget(self, older: timedelta) -> int:
        """Drop old entries of the pages that were loaded last."""
        old = self._clock() - older.total_seconds()
        gone = [
            (partition, reply)
            for partition, begin in self._begins.items()
            for reply, entry in self._pages[partition].items()
            if entry.stage in OUTCOMES and entry.offset < begin and self._kept_at[reply] <= old
        ]
        for partition, reply in gone:
            del self._pages[partition][reply]
        return len(gone)
