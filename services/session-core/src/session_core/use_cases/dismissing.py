"""Lets parked commands rest that nobody will send again; their bytes stay."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.parked_commands import ParkedCommands, ParkedLine, Place
from session_core.use_cases import choosing


@dataclass(slots=True)
class Dismisser:
    """Takes parked commands off the list of those that wait."""

    parked: ParkedCommands
    dismissed: int = 0
    """How many so far; also when something failed midway."""

    async def some(self, places: Sequence[Place]) -> None:
        """Dismiss these, or none if one of them is not parked.

        Raises NotParked or StoreUnavailable.
        """
        await self._dismiss(await choosing.at_places(self.parked, places))

    async def every(self, *, shard: int | None, reason: str) -> None:
        """Dismiss all that wait now, or only those whose reason begins like this.

        Raises StoreUnavailable.
        """
        await self._dismiss(await choosing.waiting(self.parked, shard=shard, reason=reason))

    async def _dismiss(self, lines: Sequence[ParkedLine]) -> None:
        for line in lines:
            await self.parked.dismiss(line.place)
            self.dismissed += 1
