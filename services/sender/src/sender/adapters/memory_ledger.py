"""The ledger in memory: outlives a ReplySending, not the process."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from domain.ports.sending_ledger import LedgerEntry
from domain.values import ReplyId


class MemoryLedger:
    """Keeps every write in `history`, in order, and the newest entries per partition."""

    def __init__(self, pages: int = 6) -> None:
        self.pages = pages
        self.history: list[tuple[ReplyId, LedgerEntry]] = []
        self._pages: dict[int, dict[ReplyId, LedgerEntry]] = defaultdict(dict)

    async def load(
        self, partitions: Collection[int]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Return copies of the pages."""
        return {partition: dict(self._pages[partition]) for partition in partitions}

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Keep the entry."""
        self.history.append((reply_id, entry))
        self._pages[partition][reply_id] = entry
