"""The CRM, in the words of the domain.

CrmFailure
├── CrmUnavailable   try again later: slow, gone, overloaded
│   └── CrmPaused    nothing can be told until a person has looked, or until a named time
└── CrmRefused       trying again cannot help with this event: a person must look
"""

from datetime import datetime
from typing import Protocol, TypeAlias, get_args

from domain.events import (
    AnswerRecorded,
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactMerged,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    MessageReceived,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.values import EventId

Frequent: TypeAlias = AnswerRecorded | MessageReceived | ReplyRequested
"""Of these there are many in a session: that a CRM was told of one is put on record nowhere."""

Notable: TypeAlias = (
    ContactIdentified
    | ContactMerged
    | ContactAbsorbed
    | ContactNameReleased
    | SessionInitiated
    | SessionHandedOff
    | SessionCompleted
    | FileStored
    | ContactOptedOut
    | ContactOptedIn
    | ContactErased
    | Frequent
)
"""What a CRM may be told of: never of an event about the CRM, or telling would not end."""

EVERYTHING: frozenset[type[Notable]] = frozenset(get_args(Notable))
FREQUENT: frozenset[type[Frequent]] = frozenset(get_args(Frequent))


class CrmFailure(Exception):
    """The CRM was not told."""


class CrmUnavailable(CrmFailure):
    """Trying again later can help. `after` is the pause that the CRM asked for, in seconds."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class CrmPaused(CrmUnavailable):
    """The CRM takes nothing from us: our access ended, or our share of its day is used up.

    What is to be told waits in Kafka. The reason is for an operator to act on.
    """


class CrmRefused(CrmFailure):
    """Trying again cannot help. The reason is short and holds nothing personal."""


class CrmService(Protocol):
    """Told of each event once per idempotency key, which is the event's id.

    Keyed on `contact_id`: a person's numbers come and go, and may become somebody else's.
    """

    name: str
    """Which CRM it is, in one word."""
    supports: frozenset[type[Notable]]
    """The events that it can be told of."""

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Tell the CRM of one event that happened `at`; may be called again with the same id.

        Raises CrmUnavailable or CrmRefused.
        """
        ...
