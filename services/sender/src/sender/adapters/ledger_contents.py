"""A page of the ledger as its records add up, one after the other."""

from typing import Any

from domain.ports.sending_ledger import OUTCOMES, Deferred, LedgerEntry, News, Page
from domain.values import ContactId, ReplyId
from sender.adapters import ledger_codec
from sender.adapters.ledger_codec import DEFERRED, PERSON


class Contents:
    """Keeps of a page what may still matter: the memory it needs does not grow with its age.

    `done` has the requests that are set aside although their outcome is known.
    """

    def __init__(self, begin: int) -> None:
        self.done: set[ReplyId] = set()
        self._begin = begin
        self._entries: dict[ReplyId, LedgerEntry] = {}
        self._deferred: dict[ReplyId, Deferred] = {}
        self._news: dict[ContactId, News] = {}

    def add(self, record: Any) -> None:
        """Add the next record."""
        key: bytes = record.key or b""
        if key.startswith(DEFERRED):
            self._defer(record)
        elif key.startswith(PERSON):
            self._note(record)
        elif (reply := ledger_codec.reply_of(key)) is not None:
            self._enter(reply, record.value)

    def page(self) -> Page:
        """Return what is left: of old requests only what is set aside."""
        for reply in [one for one in self._deferred if self._has_outcome(one)]:
            del self._deferred[reply]
            self.done.add(reply)
        entries = {
            reply: entry
            for reply, entry in self._entries.items()
            if entry.offset >= self._begin or reply in self._deferred
        }
        return Page(entries, self._deferred, self._news)

    def _enter(self, reply: ReplyId, value: bytes | None) -> None:
        self._entries.pop(reply, None)
        if value is None:
            return
        entry = ledger_codec.decode(value)
        if entry.stage not in OUTCOMES or entry.offset >= self._begin:
            self._entries[reply] = entry
        elif self._deferred.pop(reply, None):
            self.done.add(reply)

    def _defer(self, record: Any) -> None:
        if record.value is None:
            for reply in map(ReplyId, ledger_codec.tombstoned(record.key, DEFERRED)):
                self._deferred.pop(reply, None)
                self.done.discard(reply)
        elif known := ledger_codec.deferred_of(record):
            self._deferred[known[0]] = known[1]

    def _note(self, record: Any) -> None:
        if record.value is None:
            for contact in map(ContactId, ledger_codec.tombstoned(record.key, PERSON)):
                self._news.pop(contact, None)
        elif known := ledger_codec.news_of(record):
            self._news[known[0]] = known[1]

    def _has_outcome(self, reply: ReplyId) -> bool:
        entry = self._entries.get(reply)
        return entry is not None and entry.stage in OUTCOMES
