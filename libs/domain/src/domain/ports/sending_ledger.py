"""What the sender remembers across a crash: how far calls got, and which replies wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, TypeAlias

from domain.values import ContactId, ReplyId

Stage: TypeAlias = Literal["sending", "not-sent", "accepted", "failed"]
"""`sending`: a call may be under way, or have been made; the last two are outcomes already told."""

OUTCOMES: frozenset[Stage] = frozenset({"accepted", "failed"})


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The newest word on one reply. `offset` is where its request stands in `session-events`."""

    stage: Stage
    attempt: int
    offset: int
    is_unsure: bool = False
    """An earlier attempt may have reached the person, although no status had come of it."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A request that was set aside, so that nobody waits for it but its own person.

    `offset` is where it stood in `session-events`; `event` is all of it, as one event on the wire.
    """

    contact_id: ContactId
    offset: int
    event: bytes


@dataclass(frozen=True, slots=True)
class News:
    """What was heard of a person whose replies are set aside, and would not be heard again.

    `wrote_at` is an instant of RFC 3339 as the message had it.
    """

    wrote_at: str | None = None
    opted_out: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One partition: entries of what may be read again or is set aside, and what is set aside."""

    entries: Mapping[ReplyId, LedgerEntry] = field(default_factory=dict)
    deferred: Mapping[ReplyId, Deferred] = field(default_factory=dict)
    news: Mapping[ContactId, News] = field(default_factory=dict)


class LedgerUnavailable(Exception):
    """The ledger cannot be read or written now. A failed write may still have been kept."""


class SendingLedger(Protocol):
    """One page per partition of `session-events`, so that the owner of one owns the other.

    Writes of one page are kept in the order in which they were asked for. All of them return once
    what they say is durable, and raise LedgerUnavailable.
    """

    @property
    def pages(self) -> int:
        """How many pages there are, whoever owns them; known once `load` has returned."""
        ...

    async def load(self, begins: Mapping[int, int]) -> Mapping[int, Page]:
        """Return what is kept, everything acknowledged before the call included.

        `begins` has the partitions and from where each is read; entries of replies that were
        requested before are left out unless they are set aside. What is set aside although its
        outcome is known is removed. Raises LedgerUnavailable.
        """
        ...

    async def recall(self, reply_id: ReplyId, *, partition: int) -> LedgerEntry | None:
        """Return the newest entry of a reply, however old, as long as it is not forgotten.

        Raises LedgerUnavailable.
        """
        ...

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Keep the newest entry of a reply."""
        ...

    async def defer(self, reply_id: ReplyId, deferred: Deferred, *, partition: int) -> None:
        """Set a request aside."""
        ...

    async def resume(self, reply_id: ReplyId, *, partition: int) -> None:
        """Remove a request that was set aside and has its outcome."""
        ...

    async def note(self, contact_id: ContactId, news: News | None, *, partition: int) -> None:
        """Keep the newest news of a person; None when nothing of theirs is set aside any more."""
        ...

    async def forget(self, older: timedelta) -> int:
        """Remove entries so long after the outcome of their reply; return how many.

        Of replies that may be read again nothing is removed. Raises LedgerUnavailable.
        """
        ...
