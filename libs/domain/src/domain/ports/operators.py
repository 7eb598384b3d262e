"""What an operator needs: to find sessions, and to ask for something about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.commands import Command
from domain.values import CommandId, ContactId, SessionId


class CommandNotSent(Exception):
    """Kafka did not acknowledge the command; it may still have its effect."""


@dataclass(frozen=True, slots=True)
class SessionHome:
    """Whose session it is, the shard where it is kept, and how it stood a moment ago."""

    contact_id: ContactId
    shard: int
    status: str
    """`waiting`, `handed-off`, `completed`, `expired` or `cancelled`."""


@dataclass(frozen=True, slots=True)
class ContactHome:
    """The shard where a person is kept, and whether they turned out to be somebody else."""

    shard: int
    merged: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session in a list. Holds nothing personal."""

    session_id: SessionId
    flow: str
    flow_version: str
    """On which it is now: that with which it began, or to which it was moved since."""
    status: str
    since: datetime
    team: str | None = None
    """Whom it was handed to, where a flow or a colleague named a team."""
    reason: str | None = None
    """Why a human talks: `asked`, `flow`, `operator` or `echo`; None unless one does."""


@dataclass(frozen=True, slots=True)
class ShardEnd:
    """How far a shard has come: the number of its last event, and the offset it reads next."""

    sequence: int
    offset: int


class SessionDirectory(Protocol):
    """Finds sessions. Every method may raise StoreUnavailable."""

    async def home_of(self, session_id: SessionId) -> SessionHome | None:
        """Return where the session is at home, or None if there is no such session."""
        ...

    async def home_of_contact(self, contact_id: ContactId) -> ContactHome | None:
        """Return where the person is at home, or None if there is no such contact."""
        ...

    async def had_effect(self, stream_id: UUID, command_id: CommandId) -> bool:
        """Say whether the first event that the command led to is in this stream."""
        ...

    async def newest(self, *, handed_off: bool, limit: int) -> Sequence[SessionLine]:
        """Return the newest sessions, or the newest of those that wait for a human."""
        ...

    async def ends(self) -> Mapping[int, ShardEnd]:
        """Return how far every shard has come."""
        ...


class CommandOutbox(Protocol):
    """Brings commands to session-core."""

    async def send(
        self, command: Command, *, command_id: CommandId, key: str, shard: int | None
    ) -> None:
        """Return once the command is kept durably; without `shard` the key decides where.

        Raises CommandNotSent.
        """
        ...
