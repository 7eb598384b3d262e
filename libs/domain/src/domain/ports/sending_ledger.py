"""What the sender remembers across a crash: how far the call for each reply got."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from domain.values import ReplyId

Stage: TypeAlias = Literal["sending", "not-sent", "accepted", "failed"]
"""`sending`: a call may be under way, or have been made; the last two are outcomes already told."""


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

    async def load(
        self, partitions: Collection[int]
    ) -> Mapping[int, Mapping[ReplyId, LedgerEntry]]:
        """Return the newest entry of each reply, everything acknowledged before the call included.

        Raises LedgerUnavailable.
        """
        ...

    async def write(self, reply_id: ReplyId, entry: LedgerEntry, *, partition: int) -> None:
        """Return once the entry is durable. Raises LedgerUnavailable."""
        ...
