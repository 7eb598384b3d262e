"""Settles batches: know the people, decide, append once, and hand the events to be published."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import structlog

from domain.ports.command_source import Delivery, Dispatch, SourceUnavailable
from domain.ports.event_store import (
    Append,
    AppendUnanswered,
    EventStore,
    ParkedCommand,
    StoreConflict,
    StoreFailure,
    StoreRefused,
    StoreUnavailable,
)
from session_core.use_cases import metrics
from session_core.use_cases.batch import Away, Draft, draft
from session_core.use_cases.believing import ReadPart, keep, next_offset
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.following import followed
from session_core.use_cases.holding import Holding
from session_core.use_cases.parsing import parked, parse
from session_core.use_cases.patience import Patience
from session_core.use_cases.promising import ahead, decided_otherwise
from session_core.use_cases.recollection import Recollection
from session_core.use_cases.shards import Shards
from session_core.use_cases.snapshots import Album

MOST_CONFLICTS = 3
MOST_CONFLICTS_ALONE = 20
"""Races that a single command may lose: each is lost to somebody else who got ahead."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One shard's part of a batch, in offset order."""

    holding: Holding
    deliveries: Sequence[Delivery]


@dataclass(slots=True)
class _Effort:
    """What was done for a batch so far, however often it is tried."""

    forwarded: set[Hashable] = field(default_factory=set)
    """Marks of the commands that were brought to where they belong."""
    parked: set[tuple[int, int]] = field(default_factory=set)


class Settling:
    """Brings every command of a batch to its effect, its home or its place among the parked."""

    def __init__(
        self,
        store: EventStore,
        shards: Shards,
        dispatch: Dispatch,
        flows: FlowShelf,
        album: Album,
    ) -> None:
        self._store = store
        self._memory = Recollection(store)
        self._album = album
        self._shards = shards
        self._dispatch = dispatch
        self._flows = flows
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """Give None while batches come through, else what they wait for."""
        return self._trouble

    async def settle(self, parts: Sequence[Part]) -> None:
        """Return when every command had its effect or its shard is not ours any more.

        Trouble outside is waited for. What can never be stored is found by halving, and parked.
        """
        await self._settle(parts, (), _Effort())

    async def pass_over(self, passed: Iterable[tuple[Holding, int]]) -> None:
        """Read each shard on from the offset: what lies before it is delivered to nobody.

        Tries once; whoever polls again comes again.
        """
        ahead = {
            holding: offset
            for holding, offset in passed
            if offset > holding.next_offset and self._shards.is_current(holding)
        }
        if not ahead:
            return
        try:
            bases = await self._store.append([_advance(*one) for one in ahead.items()])
            self._trouble = None
        except AppendUnanswered as failure:
            self._lose([Part(holding, ()) for holding in ahead], failure)
        except StoreFailure as failure:
            self._trouble = f"{type(failure).__name__}: {failure}"
        else:
            for holding, offset in ahead.items():
                if bases.get(holding.shard) is None:
                    self._lose_fenced(holding)
                else:
                    holding.next_offset = offset
                    self._look_at_promise(holding)

    async def _settle(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        patience, conflicts = Patience(first=0.05, most=3.0), 0
        while remaining := self._remaining(parts):
            try:
                await self._attempt(remaining, condemned, effort)
                self._trouble, conflicts = None, 0
            except StoreConflict:
                metrics.CONFLICTS.inc()
                conflicts += 1
                if conflicts >= _most_conflicts(remaining):
                    await self._isolate(remaining, condemned, effort)
                    conflicts = 0
            except StoreRefused:
                await self._isolate(remaining, condemned, effort)
            except AppendUnanswered as failure:
                self._lose(remaining, failure)
            except (StoreUnavailable, SourceUnavailable) as failure:
                self._trouble = f"{type(failure).__name__}: {failure}"
                await patience.wait()

    def _remaining(self, parts: Iterable[Part]) -> list[Part]:
        """Leave out what had its effect, and shards that are not held under that epoch any more."""
        left = []
        for part in parts:
            if self._shards.is_current(part.holding):
                due = [one for one in part.deliveries if one.offset >= part.holding.next_offset]
                if due:
                    left.append(Part(part.holding, due))
        return left

    async def _isolate(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        """Settle each half by itself; a command that is left alone is the culprit."""
        if sum(len(part.deliveries) for part in parts) > 1:
            first, second = _halves(parts)
            await self._settle(first, condemned, effort)
            await self._settle(second, condemned, effort)
        elif parts[0].deliveries[0] in condemned:
            self._shards.halt(parts[0].holding, "a command can neither be stored nor parked")
        else:
            await self._settle(parts, parts[0].deliveries, effort)

    async def _attempt(
        self, parts: Sequence[Part], condemned: Collection[Delivery], effort: _Effort
    ) -> None:
        began = perf_counter()
        read = [_read(part, condemned) for part in parts]
        with followed([part.requests for part in read]) as requests:
            read = [
                ReadPart(part.holding, own, part.deliveries)
                for part, own in zip(read, requests, strict=True)
            ]
            await self._bring_through(read, effort, began)

    async def _bring_through(self, read: Sequence[ReadPart], effort: _Effort, began: float) -> None:
        """Decide and store. `began` is when the first of it was read."""
        knowledge = await self._memory.know([(one.holding, one.requests) for one in read])
        certain = dict(knowledge.names)
        drafts = [
            (part, draft(part.holding.shard, part.requests, knowledge, self._flows.book))
            for part in read
        ]
        metrics.DECIDE_SECONDS.observe(perf_counter() - began)
        drafts = [
            (part, drafted)
            for part, drafted in drafts
            if _goes_on(part, drafted)
            and self._may_park(part, drafted)
            and self._keeps_promise(part.holding, drafted)
        ]
        if not drafts:
            return
        await self._send_away(drafts, effort)
        with metrics.APPEND_SECONDS.time():
            bases = await self._append(drafts)
        for part, drafted in drafts:
            base = bases.get(part.holding.shard)
            if base is None:
                self._lose_fenced(part.holding)
            else:
                keep(part, drafted, base, certain, knowledge, self._album)
                self._look_at_promise(part.holding)

    async def _append(self, drafts: Sequence[tuple[ReadPart, Draft]]) -> Mapping[int, int]:
        try:
            return await self._store.append([_append(part, drafted) for part, drafted in drafts])
        except StoreConflict:
            for part, drafted in drafts:  # only what this batch builds on can be out of date
                for contact in drafted.met:
                    part.holding.people.forget(contact)
            raise

    def _may_park(self, part: ReadPart, drafted: Draft) -> bool:
        if not drafted.parked or part.holding.parking.allows(len(drafted.parked)):
            return True
        self._shards.halt(
            part.holding, f"too many commands cannot be handled: {drafted.parked[-1].reason}"
        )
        return False

    def _keeps_promise(self, holding: Holding, drafted: Draft) -> bool:
        """Say whether readers were told nothing else of the events; where they were, stop."""
        after = holding.last_sequence
        broken = holding.promise and holding.promise.broken_by(drafted.events, after=after)
        if broken:
            self._shards.halt(holding, decided_otherwise(broken))
        return not broken

    def _look_at_promise(self, holding: Holding) -> None:
        """See whether all is decided again that readers were told; in time it has to be."""
        if holding.promise is None:
            return
        holding.promise.keep(holding.last_sequence)
        if not holding.promise.told:
            holding.promise = None
            _log.info("the store has again what readers were told", shard=holding.shard)
        elif holding.next_offset >= holding.promise.until:
            self._shards.halt(holding, ahead(max(holding.promise.told), holding.last_sequence))

    async def _send_away(self, drafts: Sequence[tuple[ReadPart, Draft]], effort: _Effort) -> None:
        """Bring what belongs elsewhere there, before our offset moves past it."""
        away: dict[Hashable, Away] = {
            one.mark: one for _, drafted in drafts for one in drafted.forwarded
        }
        forwarded = [one for mark, one in away.items() if mark not in effort.forwarded]
        if forwarded:
            await self._dispatch.forward([(one.home, one.delivery) for one in forwarded])
            effort.forwarded.update(away)
            metrics.FORWARDED.inc(len(forwarded))
        set_aside = {
            (part.holding.shard, command.offset): command
            for part, drafted in drafts
            for command in drafted.parked
            if (part.holding.shard, command.offset) not in effort.parked
        }
        if set_aside:
            await self._dispatch.park(
                [(_delivery(shard, one), one.reason) for (shard, _), one in set_aside.items()]
            )
            effort.parked.update(set_aside)

    def _lose_fenced(self, holding: Holding) -> None:
        holding.people.clear()
        self._shards.lose(holding, "its epoch or offset moved on", fenced=True)

    def _lose(self, parts: Sequence[Part], failure: StoreFailure) -> None:
        for part in parts:
            part.holding.people.clear()
            self._shards.lose(part.holding, f"an append was not answered: {failure}")


def _read(part: Part, condemned: Collection[Delivery]) -> ReadPart:
    requests = [
        parked(delivery, "cannot be stored") if delivery in condemned else parse(delivery)
        for delivery in part.deliveries
    ]
    return ReadPart(part.holding, requests, part.deliveries)


def _append(part: ReadPart, drafted: Draft) -> Append:
    return Append(
        shard=part.holding.shard,
        epoch=part.holding.lease.epoch,
        offset=part.holding.next_offset,
        next_offset=next_offset(part, drafted),
        published_sequence=part.holding.noted_sequence,
        events=drafted.events,
        aliases=drafted.names.taken,
        moved=drafted.names.moved,
        freed=drafted.names.freed,
        sessions=drafted.sessions,
        parked=drafted.parked,
        spilled=drafted.spilled,
        timers=[timer for timer in drafted.timers.values() if timer is not None],
        cleared=[key for key, timer in drafted.timers.items() if timer is None],
    )


def _advance(holding: Holding, offset: int) -> Append:
    return Append(
        shard=holding.shard,
        epoch=holding.lease.epoch,
        offset=holding.next_offset,
        next_offset=offset,
        published_sequence=holding.noted_sequence,
    )


def _goes_on(part: ReadPart, drafted: Draft) -> bool:
    """Say whether the part gets anywhere, or its first command already has to wait."""
    return drafted.stopped_at is None or drafted.stopped_at > part.holding.next_offset


def _most_conflicts(parts: Sequence[Part]) -> int:
    alone = sum(len(part.deliveries) for part in parts) == 1
    return MOST_CONFLICTS_ALONE if alone else MOST_CONFLICTS


def _halves(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Cut a batch in two, each shard's commands still in order."""
    middle = sum(len(part.deliveries) for part in parts) // 2
    first: list[Part] = []
    second: list[Part] = []
    for part in parts:
        here, there = part.deliveries[:middle], part.deliveries[middle:]
        middle -= len(here)
        first.extend([Part(part.holding, here)] if here else [])
        second.extend([Part(part.holding, there)] if there else [])
    return first, second


def _delivery(shard: int, command: ParkedCommand) -> Delivery:
    return Delivery(shard, command.offset, command.key, command.value, command.headers)
