"""A CRM for the laptop: a line on the terminal, no account needed."""

from datetime import datetime
from typing import TextIO

from domain.ports.crm import EVERYTHING, Notable
from domain.values import EventId


class ConsoleCrm:
    """Prints what happened and to whom by our own opaque ids; nothing personal."""

    name = "console"
    supports = EVERYTHING

    def __init__(self, out: TextIO) -> None:
        self._out = out

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Print one line; the same event told again is the same line again."""
        when = at.isoformat(timespec="milliseconds")
        self._out.write(f"CRM {when} {event.TYPE} contact={event.contact_id} event={event_id}\n")
        self._out.flush()
