"""Watches what comes of a command that was sent: events, or a place among the parked.

Where it asked for replies, what comes of these is watched too.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from domain import events
from domain.codec import decode_event
from domain.ports.event_store import EventStore, RecordedEvent
from domain.ports.operators import ShardEnd
from domain.ports.parked_commands import ParkedCommands, ParkedLine, ParkedLines, Place
from domain.values import CommandId, ReplyId
from session_core.use_cases.operating import Sent

_LOOK_SECONDS = 0.1
_AT_ONCE = 1000

ReplyOutcome: TypeAlias = (
    events.ReplySent
    | events.ReplyFailed
    | events.ReplyDelivered
    | events.ReplyRead
    | events.ReplyPlayed
)
"""The first that is heard of a reply; a status may be quicker than the sender."""
ReplyOutcomes: TypeAlias = Mapping[ReplyId, ReplyOutcome | None]
"""By reply, in the order in which they were asked for; None where none came in time."""
_OUTCOMES = frozenset(one.TYPE for one in ReplyOutcome.__args__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The events that a command led to, or how it was parked; nothing of both is an answer too."""

    events: Sequence[RecordedEvent] = ()
    parked: ParkedLine | None = None
    shard: int = 0
    """Where the events are."""

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

    async def replies(self, outcome: Outcome, *, seconds: float) -> ReplyOutcomes:
        """Wait until every reply that the command asked for has an outcome, at most so long.

        Raises StoreUnavailable.
        """
        found = _asked_for(outcome.events)
        after = outcome.events[-1].sequence if outcome.events else 0
        deadline = asyncio.get_running_loop().time() + seconds
        while None in found.values():
            recorded = await self.store.read(outcome.shard, after=after, limit=_AT_ONCE)
            for one in recorded:
                after = one.sequence
                _note(one, found)
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(0 if recorded else _LOOK_SECONDS)
        return found

    async def _look(self, command_id: CommandId, ends: dict[int, ShardEnd]) -> Outcome:
        for shard, end in ends.items():
            recorded = await self.store.read(shard, after=end.sequence, limit=_AT_ONCE)
            led_to = [one for one in recorded if one.event.origin.command_id == command_id]
            lines = await self._parked(shard, end)
            parked = next((line for line in lines if line.command_id == command_id), None)
            if led_to or parked:
                return Outcome(led_to, parked, shard)
            ends[shard] = ShardEnd(
                recorded[-1].sequence if recorded else end.sequence,
                lines[-1].place.offset + 1 if lines else end.offset,
            )
        return Outcome()

    async def _parked(self, shard: int, end: ShardEnd) -> Sequence[ParkedLine]:
        before = Place(shard, end.offset - 1)
        return await self.parked.lines(ParkedLines(shard), after=before, limit=_AT_ONCE)


def _asked_for(recorded: Sequence[RecordedEvent]) -> dict[ReplyId, ReplyOutcome | None]:
    asked = [one.event for one in recorded if one.event.type == events.ReplyRequested.TYPE]
    told = [decode_event(one.type, one.data) for one in asked]
    return {one.reply_id: None for one in told if isinstance(one, events.ReplyRequested)}


def _note(recorded: RecordedEvent, found: dict[ReplyId, ReplyOutcome | None]) -> None:
    if recorded.event.type not in _OUTCOMES:
        return
    told = decode_event(recorded.event.type, recorded.event.data)
    if isinstance(told, ReplyOutcome) and told.reply_id in found:
        found[told.reply_id] = found[told.reply_id] or told
