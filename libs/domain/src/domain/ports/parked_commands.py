"""Commands that were set aside, for people who look after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ports.command_source import Delivery
from domain.values import CommandId


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a command stood in the topic of commands; it names the parked row for ever."""

    shard: int
    offset: int


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """One parked command in a list. Holds nothing personal."""

    place: Place
    reason: str
    type: str | None
    """Of the command, where its headers name one that is known."""
    parked_at: datetime
    redriven_at: datetime | None = None
    redriven: int = 0
    """How often it was sent again."""
    command_id: CommandId | None = None
    """Where its headers name one that can be read."""
    dismissed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParkedLines:
    """Which parked commands are meant."""

    shard: int | None = None
    waiting: bool = False
    """Only those neither sent again nor dismissed."""
    reason: str = ""
    """How their reason begins."""


class ParkedCommands(Protocol):
    """What session-core has parked. Every method may raise StoreUnavailable."""

    async def lines(
        self, meant: ParkedLines, *, after: Place | None, limit: int
    ) -> Sequence[ParkedLine]:
        """Return the next of those that are meant, by shard and offset."""
        ...

    async def line(self, place: Place) -> ParkedLine | None:
        """Return the one parked from there, or None."""
        ...

    async def record(self, place: Place) -> Delivery | None:
        """Return it as it was in the topic, byte by byte, or None."""
        ...

    async def note_redriven(self, place: Place) -> None:
        """Remember that it was sent again just now. It no longer counts towards the limit."""
        ...

    async def dismiss(self, place: Place) -> None:
        """Remember that it waits for nobody any more, and since when; its bytes stay.

        It no longer counts towards the limit.
        """
        ...

    async def permit(self, shard: int, *, most: int, seconds: float) -> None:
        """Let whoever takes the shard park so many of its commands during that time."""
        ...
