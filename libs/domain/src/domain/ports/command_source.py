"""Commands as they come in: who brings them, and who takes those that belong elsewhere.

SourceUnavailable   Kafka does not answer: trying again later can help
OffsetsGone         the log does not reach back to where we wanted to read on
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from domain.commands import Command
from domain.values import CommandId, ContactId


class SourceUnavailable(Exception):
    """The topic of commands cannot be reached; trying again later can help."""


class OffsetsGone(Exception):
    """The topic has no record where we wanted to read on."""

    def __init__(self, shards: Iterable[int]) -> None:
        super().__init__("the offset to read on from is outside the log")
        self.shards = tuple(shards)


class Delivery(NamedTuple):
    """A record of the topic of commands, byte by byte."""

    shard: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    written_at: int = 0
    """In milliseconds since the epoch, by Kafka's record."""

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.value or b"")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where a partition's log begins, and the offset that its next record will have."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A command that session-core gives itself."""

    command_id: CommandId
    command: Command
    contact_id: ContactId
    at: datetime


class CommandSource(Protocol):
    """The partitions of the topic of commands that are assigned to this instance."""

    async def bounds(self, shard: int) -> Bounds:
        """Raise SourceUnavailable if Kafka does not say."""
        ...

    async def ends(self, shards: Collection[int]) -> Mapping[int, int]:
        """Return the offset that the next record of each shard will have, whoever reads them.

        Raises SourceUnavailable.
        """
        ...

    def read_from(self, shard: int, offset: int) -> None:
        """Deliver the shard from this offset on, whatever was delivered before."""
        ...

    async def poll(
        self,
        shards: Sequence[int],
        *,
        limit: int,
        timeout: float,  # noqa: ASYNC109 it is the topic's own patience
    ) -> Sequence[Delivery]:
        """Return what is there at once, or wait `timeout` seconds for something.

        Raises SourceUnavailable or OffsetsGone.
        """
        ...

    async def passed(self, shard: int) -> int | None:
        """Return the offset before which everything was delivered, or is delivered to nobody.

        After a poll that gave nothing of the shard it tells how far marks of transactions and
        records that were taken back reach. None if that is not known.
        """
        ...


class Forwarder(Protocol):
    """Brings commands to a partition."""

    async def forward(self, deliveries: Sequence[tuple[int, Delivery]]) -> None:
        """Bring each command, byte by byte, to the partition named before it.

        Raises SourceUnavailable unless all are acknowledged.
        """
        ...


class Dispatch(Forwarder, Protocol):
    """Brings commands to where they belong. All raise SourceUnavailable unless acknowledged."""

    async def park(self, deliveries: Sequence[tuple[Delivery, str]]) -> None:
        """Set each command aside with its reason."""
        ...

    async def issue(self, own: Sequence[tuple[int, OwnCommand]]) -> None:
        """Write each command at the end of the partition named before it."""
        ...
