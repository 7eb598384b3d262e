"""What is known of a message that may be an answer, and what comes of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from domain.session.flows.buttons import ShownOption


class Hearing(NamedTuple):
    """What else has to be known to understand an answer."""

    at: datetime
    """The clock of the command."""
    languages: tuple[str, ...] = ()
    """Those of the flow, the person's first."""
    time_zone: str = "UTC"
    """In which `today` is meant."""
    phone: str | None = None
    """The person's own number, in digits: of its country are numbers without country code."""
    options: tuple[ShownOption, ...] = ()
    """What a question offers that finds out its options."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer as the flow keeps it."""

    value: str
    data: dict[str, Any] | None = None
    """Its parts as JSON, where it has some: of a place, an address card or a form."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why the message is no answer: a short code."""

    reason: str


Judgement: TypeAlias = Accepted | Rejected
