"""Watches what comes of a command that was sent: events, or a place among the parked."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.event_store import EventStore, RecordedEvent
from domain.ports.operators import ShardEnd
from domain.ports.parked_commands import ParkedCommands, ParkedLine, ParkedLines, Place
from domain.values import CommandId
from session_core.use_cases.operating import Sent

_LOOK_SECONDS = 0.1
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The events that a command led to, or how it was parked; nothing of both is an answer too."""

    events: Sequence[RecordedEvent] = ()
    parked: ParkedLine | None = None

    @property
    def known(self) -> bool:
        """Say whether anything came of it."""
        return bool(self.events) or self.parked is not None


@dataclass(frozen=True, slots=True)
class Witness:
    """Reads the store and what is parked, from where the shards ended before the command."""

    store: EventStore
    parked: ParkedCommands

    async def outcome(self, sent: Sent, *, seconds: float) -> Outcome:
        """Wait for what comes of the command, at most so long. Raises StoreUnavailable."""
        ends = dict(sent.ends)
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            found = await self._look(sent.command_id, ends)
            if found.known or asyncio.get_running_loop().time() >= deadline:
                return found
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self, command_id: CommandId, ends: dict[int, ShardEnd]) -> Outcome:
        for shard, end in ends.items():
            events = await self.store.read(shard, after=end.sequence, limit=_AT_ONCE)
            led_to = [one for one in events if one.event.origin.command_id == command_id]
            lines = await self._parked(shard, end)
            parked = next((line for line in lines if line.command_id == command_id), None)
            if led_to or parked:
                return Outcome(led_to, parked)
            ends[shard] = ShardEnd(
                events[-1].sequence if events else end.sequence,
                lines[-1].place.offset + 1 if lines else end.offset,
            )
        return Outcome()

    async def _parked(self, shard: int, end: ShardEnd) -> Sequence[ParkedLine]:
        before = Place(shard, end.offset - 1)
        return await self.parked.lines(ParkedLines(shard), after=before, limit=_AT_ONCE)
