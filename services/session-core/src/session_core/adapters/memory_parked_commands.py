"""What is parked in the memory store, for tests."""

from collections.abc import Sequence
from datetime import datetime

from domain.ports.command_source import Delivery
from domain.ports.event_store import ParkedCommand, ParkingPermit
from domain.ports.parked_commands import ParkedLine, ParkedLines, Place
from session_core.adapters import parked_records
from session_core.adapters.memory_event_store import MemoryEventStore


class MemoryParkedCommands:
    """ParkedCommands of the store in memory; everything happens at one time."""

    def __init__(self, store: MemoryEventStore, now: datetime) -> None:
        self._store = store
        self._now = now

    async def lines(
        self, meant: ParkedLines, *, after: Place | None, limit: int
    ) -> Sequence[ParkedLine]:
        """See ParkedCommands."""
        every = [self._line(place, command) for place, command in self._store.all_parked()]
        found = [
            line
            for line in every
            if meant.shard in (None, line.place.shard)
            and not (meant.waiting and (line.redriven or line.dismissed_at))
            and line.reason.startswith(meant.reason)
            and (after is None or line.place > after)
        ]
        return found[:limit]

    async def line(self, place: Place) -> ParkedLine | None:
        """See ParkedCommands."""
        lines = await self.lines(ParkedLines(place.shard), after=None, limit=1_000_000)
        return next((line for line in lines if line.place == place), None)

    async def record(self, place: Place) -> Delivery | None:
        """See ParkedCommands."""
        command = dict(self._store.all_parked()).get(place)
        if command is None:
            return None
        return Delivery(place.shard, place.offset, command.key, command.value, command.headers)

    async def note_redriven(self, place: Place) -> None:
        """See ParkedCommands."""
        self._store.redriven[place] = self._store.redriven.get(place, 0) + 1

    async def dismiss(self, place: Place) -> None:
        """See ParkedCommands."""
        self._store.dismissed.add(place)

    async def permit(self, shard: int, *, most: int, seconds: float) -> None:
        """See ParkedCommands."""
        self._store.permits[shard] = ParkingPermit(most, seconds)

    def _line(self, place: Place, command: ParkedCommand) -> ParkedLine:
        times = self._store.redriven.get(place, 0)
        return ParkedLine(
            place,
            command.reason,
            parked_records.known_type(command.headers),
            self._now,
            self._now if times else None,
            times,
            parked_records.known_id(command.headers),
            self._now if place in self._store.dismissed else None,
        )
