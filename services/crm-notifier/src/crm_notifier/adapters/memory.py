"""A CRM that forgets when the process ends: for tests and for trying things out."""

from collections import deque
from datetime import datetime

from domain.events import ContactErased
from domain.ports.crm import EVERYTHING, CrmFailure, CrmUnavailable, Notable
from domain.values import EventId


class MemoryCrm:
    """Keeps each event once by its id, and counts every call."""

    name = "memory"
    supports = EVERYTHING

    def __init__(self) -> None:
        self.known: dict[EventId, tuple[Notable, datetime]] = {}
        self.calls = 0
        self._failures: deque[CrmFailure] = deque()
        self._lost = 0

    def fail_next(self, *failures: CrmFailure) -> None:
        """Answer the coming calls by these failures, one each."""
        self._failures.extend(failures)

    def lose_next_answer(self) -> None:
        """Do what the next call asks for, and let nobody know."""
        self._lost += 1

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Keep the event, unless a failure is due; forget who is erased."""
        self.calls += 1
        if self._failures:
            raise self._failures.popleft()
        if isinstance(event, ContactErased):
            self._forget(event)
        self.known.setdefault(event_id, (event, at))
        if self._lost:
            self._lost -= 1
            raise CrmUnavailable("no-answer")

    def _forget(self, erased: ContactErased) -> None:
        self.known = {
            event_id: told
            for event_id, told in self.known.items()
            if told[0].contact_id != erased.contact_id
        }
