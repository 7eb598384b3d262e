"""Checks on a live system that nothing was lost, doubled or reordered, and counts what it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.ports.event_store import EventStore
from domain.ports.verifying import Horizon, StoreAudit, TopicHistory
from session_core.use_cases.findings import Findings
from session_core.use_cases.rebuilding import Rebuilding
from session_core.use_cases.verifying_commands import check_commands
from session_core.use_cases.verifying_topic import check_topic
from streaming.counting import counted


@dataclass(slots=True)
class Invariant:
    """A promise, what was counted to check it, and what breaks it."""

    promise: str
    figures: dict[str, int | float] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)

    @property
    def holds(self) -> bool:
        """Say whether nothing breaks it."""
        return self.findings.count == 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The invariants by their names in the documents."""

    invariants: Mapping[str, Invariant]

    @property
    def holds(self) -> bool:
        """Say whether all hold."""
        return all(one.holds for one in self.invariants.values())

    @property
    def findings(self) -> Sequence[str]:
        """What breaks them, each with the invariant it breaks."""
        return [
            f"{name}: {sentence}"
            for name, one in self.invariants.items()
            for sentence in one.findings.sentences
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifying:
    """Looks at the store and both topics while others write; changes nothing."""

    audit: StoreAudit
    store: EventStore
    commands: TopicHistory
    events: TopicHistory
    rebuilding: Rebuilding

    async def verify(self) -> Verdict:
        """Check everything once. Raises StoreUnavailable or TopicUnreadable."""
        horizons = await self.audit.horizons()
        stored = Invariant("every message and status is stored once, or parked")
        await check_commands(self.audit, self.commands, horizons, stored.figures, stored.findings)
        dense = Invariant("versions are contiguous per stream, numbers dense per shard")
        await self._order(horizons, dense)
        told = Invariant("partition p of session-events is shard p")
        await check_topic(self.store, self.events, horizons, told.figures, told.findings)
        same = Invariant("what the events say is what is in use")
        await self._state(same)
        return Verdict({"I1": stored, "I2": dense, "I3": told, "I7": same})

    async def _order(self, horizons: Sequence[Horizon], dense: Invariant) -> None:
        events = 0
        for one in horizons:
            events += one.last_sequence
            if one.stored_sequence > one.last_sequence:
                dense.findings.add(
                    f"shard {one.shard} counts {counted(one.last_sequence, 'event')}, but holds"
                    f" number {one.stored_sequence}"
                )
            async for hole in self.audit.holes(one):
                missing = hole.before - hole.after - 1
                events -= missing
                dense.findings.add(
                    f"shard {hole.shard} lacks {_numbers(hole.after + 1, hole.before - 1)}",
                    times=missing,
                )
        async for gap in self.audit.breaks():
            dense.findings.add(
                f"stream {gap.stream_id}: version {gap.version} does not follow {gap.before}"
            )
        streams = await self.audit.streams()
        dense.figures.update(shards=len(horizons), events=events, streams=streams)

    async def _state(self, same: Invariant) -> None:
        compared = await self.rebuilding.compare()
        same.findings.extend(compared.findings)
        same.figures.update(
            events=compared.events,
            contacts=compared.contacts,
            sessions=compared.sessions,
            aliases=compared.aliases,
            snapshots=compared.snapshots,
            timers=compared.timers,
            differences=compared.differences,
        )


def _numbers(first: int, last: int) -> str:
    return f"event {first}" if first == last else f"events {first} to {last}"
