"""The ledger in memory: outlives a ReplySending, not the process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import time

from domain.ports.sending_ledger import OUTCOMES, Deferred, LedgerEntry, News, Page
from domain.values import ContactId, ReplyId


@dataclass
class _Kept:
    entries: dict[ReplyId, LedgerEntry] = field(default_factory=dict)
    deferred: dict[ReplyId, Deferred] = field(default_factory=dict)
    news: dict[ContactId, News] = field(default_factory=dict)


class MemoryLedger:
    """Keeps every entry in `history`, in order, and of all else the newest.

    `clock` is in seconds.
    """

    def __init__(self, pages: int = 6, clock: Callable[[], float] = time) -> None:
        self.pages = pages
        self.history: list[tuple[ReplyId, LedgerEntry]] = []
        self._clock = clock
        self._begins: dict[int, int] = {}
        self._kept = {number: _Kept() for number in range(pages)}
        self._kept_at: dict[ReplyId, float] = {}

    async def load(self, begins: Mapping[int, int]) -> Mapping[int, Page]:
        """Return copies of the pages."""
        self._begins = dict(begins)
        return {number: self._page(self._kept[number], begin) for number, begin in begins.items()}

    async def recall(self, reply_id: ReplyId, *, partition: int) -> LedgerEntry | None:
        """Look it up."""
        return self._kept[partition].entries.get(reply_id)

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Keep the entry."""
        self.history.append((reply_id, entry))
        self._kept[partition].entries[reply_id] = entry
        self._kept_at[reply_id] = self._clock()

    async def defer(self, reply_id: ReplyId, deferred: Deferred, *, partition: int) -> None:
        """Keep the request."""
        self._kept[partition].deferred[reply_id] = deferred

    async def resume(self, reply_id: ReplyId, *, partition: int) -> None:
        """Drop the request."""
        self._kept[partition].deferred.pop(reply_id, None)

    async def note(self, contact_id: ContactId, news: News | None, *, partition: int) -> None:
        """Keep or drop the news."""
        if news is None:
            self._kept[partition].news.pop(contact_id, None)
        else:
            self._kept[partition].news[contact_id] = news

    async def forget(self, older: timedelta) -> int:
        """Drop old entries of the pages that were loaded last."""
        old = self._clock() - older.total_seconds()
        gone = [
            (number, reply)
            for number, begin in self._begins.items()
            for reply, entry in self._kept[number].entries.items()
            if entry.stage in OUTCOMES and entry.offset < begin and self._kept_at[reply] <= old
        ]
        for number, reply in gone:
            del self._kept[number].entries[reply]
        return len(gone)

    def _page(self, kept: _Kept, begin: int) -> Page:
        for reply in list(kept.deferred):
            if (entry := kept.entries.get(reply)) and entry.stage in OUTCOMES:
                del kept.deferred[reply]
        entries = {
            reply: entry
            for reply, entry in kept.entries.items()
            if entry.offset >= begin or reply in kept.deferred
        }
        return Page(entries, dict(kept.deferred), dict(kept.news))
