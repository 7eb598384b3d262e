"""The ledger in memory: what is known of each reply that may still have to be sent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.ports.sending_ledger import OUTCOMES, LedgerEntry, Page, Stage
from domain.values import ReplyId

Outcome: TypeAlias = RecordReplySent | RecordReplyFailed


class Place(NamedTuple):
    """Where a request stands in `session-events`."""

    partition: int
    offset: int


@dataclass(slots=True)
class Line:
    """One reply. `heard` is set as soon as an event tells its outcome."""

    place: Place
    stage: Stage | None = None
    attempt: int = 0
    is_unsure: bool = False
    """An earlier attempt may have reached the person: before another one all news are read."""
    outcome: Outcome | None = None
    stopped_at: int | None = None
    """How often its number had been stopped and resumed when this reply stopped it."""
    faltered: int = 0
    is_window_closed: bool = False
    """The platform said so."""
    unknown_until: float | None = None
    """By the monotonic clock: until then a status may tell what became of the call."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_told(self) -> bool:
        """Whether session-core knows the outcome already."""
        return self.heard.is_set() or self.stage in OUTCOMES

    @property
    def is_blank(self) -> bool:
        """Whether nothing was tried that would have to be remembered."""
        return self.stage is None and self.stopped_at is None and not self.faltered

    def entry(self, stage: Stage) -> LedgerEntry:
        """Return what the ledger shall say of this line at that stage."""
        return LedgerEntry(stage, self.attempt, self.place.offset, self.is_unsure)


class Book:
    """A page per partition; holds the replies under way and those a crash left behind."""

    def __init__(self) -> None:
        self._pages: dict[int, dict[ReplyId, Line]] = {}

    def replace(self, pages: Mapping[int, Page]) -> None:
        """Begin anew with these partitions, as the ledger has them."""
        self._pages = {
            partition: {
                reply: Line(
                    Place(partition, entry.offset), entry.stage, entry.attempt, entry.is_unsure
                )
                for reply, entry in page.entries.items()
            }
            for partition, page in pages.items()
        }

    def awaits_news(self, partition: int) -> bool:
        """Say whether a status could concern anybody on this page."""
        return bool(self._pages.get(partition))

    def hear(self, partition: int, reply: ReplyId) -> None:
        """Take note that an event told the outcome of this reply."""
        if line := self.find(reply, partition):
            line.heard.set()

    def find(self, reply: ReplyId, partition: int) -> Line | None:
        """Return the line of this reply, if anything is known of it."""
        return self._pages.get(partition, {}).get(reply)

    def line(self, reply: ReplyId, place: Place) -> Line:
        """Return the line of this reply, a new one if nothing is known."""
        page = self._pages.setdefault(place.partition, {})
        found = page.get(reply)
        if found is None:
            found = page[reply] = Line(place)
        return found

    def recall(self, reply: ReplyId, place: Place, entry: LedgerEntry) -> None:
        """Enter a reply as the ledger has it."""
        page = self._pages.setdefault(place.partition, {})
        page.setdefault(reply, Line(place, entry.stage, entry.attempt))

    def close(self, reply: ReplyId, partition: int) -> None:
        """Forget a reply whose outcome is told and kept."""
        self._pages.get(partition, {}).pop(reply, None)
