"""The CRM, in the words of the domain.

CrmFailure
├── CrmUnavailable   try again later: slow, gone, overloaded
└── CrmRefused       trying again cannot help: a person must look
"""

from datetime import datetime
from typing import Protocol, TypeAlias

from domain.events import (
    ContactErased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.values import EventId

Notable: TypeAlias = (
    SessionInitiated
    | SessionHandedOff
    | SessionCompleted
    | FileStored
    | ContactOptedOut
    | ContactOptedIn
    | ContactErased
)
"""What a CRM may be told of: never of an event about the CRM, or telling would not end."""


class CrmFailure(Exception):
    """The CRM was not told."""


class CrmUnavailable(CrmFailure):
    """Trying again later can help. `after` is the pause that the CRM asked for, in seconds."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class CrmRefused(CrmFailure):
    """Trying again cannot help. The reason is short and holds nothing personal."""


class CrmService(Protocol):
    """Told of each event once per idempotency key, which is the event's id."""

    name: str
    """How the adapter is called in `crm.notified` and `crm.rejected`."""

    def wants(self, event: Notable) -> bool:
        """Say whether this CRM is told of events of this kind."""
        ...

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Tell the CRM of one event that happened `at`; may be called again with the same id.

        Raises CrmUnavailable or CrmRefused.
        """
        ...
