"""A CRM that forgets when the process ends: for tests and for trying things out."""

from collections import deque
from datetime import datetime

from domain.ports.crm import EVERYTHING, CrmFailure, Notable
from domain.values import EventId


class MemoryCrm:
    """Keeps each event once by its id, and counts every call."""

    name = "memory"
    supports = EVERYTHING

    def __init__(self) -> None:
        self.known: dict[EventId, tuple[Notable, datetime]] = {}
        self.calls = 0
        self._failures: deque[CrmFailure] = deque()

    def fail_next(self, *failures: CrmFailure) -> None:
        """Answer the coming calls by these failures, one each."""
        self._failures.extend(failures)

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Keep the event, unless a failure is due."""
        self.calls += 1
        if self._failures:
            raise self._failures.popleft()
        self.known.setdefault(event_id, (event, at))
