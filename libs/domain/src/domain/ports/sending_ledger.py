"""What the sender remembers across a crash: how far the call for each reply got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol, TypeAlias

from domain.values import ReplyId

Stage: TypeAlias = Literal["sending", "not-sent", "accepted", "failed"]
"""`sending`: a call may be under way, or have been made; the last two are outcomes already told."""

OUTCOMES: frozenset[Stage] = frozenset({"accepted", "failed"})


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The newest word on one reply. `offset` is where its request stands in `session-events`."""

    stage: Stage
    attempt: int
    offset: int


class LedgerUnavailable(Exception):
    """The ledger cannot be read or written now. A failed write may still have been kept."""


class SendingLedger(Protocol):
    """One page per partition of `session-events`, so that the owner of one owns the other."""

    @property
    def pages(self) -> int:
        """How many pages there are, whoever owns them; known once `load` has returned."""
        ...

    async def load(self, begins: Mapping[int, int]) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Return the newest entry of each reply, everything acknowledged before the call included.

        `begins` has the partitions and from where each is read; replies that were requested
        before are done with and left out. Raises LedgerUnavailable.
        """
        ...

    async def forget(self, older: timedelta) -> int:
        """Remove what was kept of replies so long after their outcome; return how many.

        Of replies that may be read again nothing is removed. Raises LedgerUnavailable.
        """
        ...

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once the entry is durable. Raises LedgerUnavailable."""
        ...
