"""Fires timers: what is due becomes a command at the end of its own shard's partition.

So it queues behind every answer that arrived in time: those of its own partition stand before
it, and those of other partitions were brought there before, which it waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from domain.commands import FireTimer
from domain.ports.command_source import CommandSource, Dispatch, OwnCommand, SourceUnavailable
from domain.ports.event_store import EventStore, StoreFailure, StoreUnavailable, Timer
from domain.values import command_id, timer_id
from session_core.use_cases import metrics
from session_core.use_cases.holding import Holding
from session_core.use_cases.patience import Patience
from session_core.use_cases.shards import Shards
from session_core.use_cases.stocktaking import Stocktaking

LOOK_SECONDS = 0.5
SOON_SECONDS = 0.05
"""Until the next look when more is known to be due."""
MOST_IN_FLIGHT = 500
"""Timers of one shard that fired and were not handled yet, at most."""


class Timers:
    """Fires the timers of the shards that are held. Nobody else's, and each once."""

    def __init__(
        self,
        store: EventStore,
        source: CommandSource,
        dispatch: Dispatch,
        shards: Shards,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_in_flight: int = MOST_IN_FLIGHT,
    ) -> None:
        self._store = store
        self._source = source
        self._dispatch = dispatch
        self._shards = shards
        self._clock = clock
        self._sleep = sleep
        self._most_in_flight = most_in_flight
        self._fired: set[Timer] = set()
        """What stands in the topic and was not handled yet."""
        self._stocktaking: Stocktaking | None = None
        self._trouble: str | None = None

    def ready(self) -> str | None:
        """Give None while timers can fire, also when none is due, else what they wait for."""
        return self._trouble

    async def run(self) -> None:
        """Look for ever. Trouble outside is waited for."""
        patience = Patience(first=0.1, most=3.0)
        while True:
            try:
                more = await self.look()
            except (StoreFailure, SourceUnavailable) as failure:
                self._trouble = f"timers: {type(failure).__name__}: {failure}"
                if isinstance(failure, StoreUnavailable):
                    metrics.DATABASE_UNAVAILABLE.set(1)
                await patience.wait()
            else:
                self._trouble = None
                metrics.DATABASE_UNAVAILABLE.set(0)
                patience.restore()
                await self._sleep(SOON_SECONDS if more else LOOK_SECONDS)

    async def look(self) -> bool:
        """Fire what is due; say whether it is worth looking again soon.

        Raises StoreFailure or SourceUnavailable; what did not certainly fire fires again.
        """
        now, held = self._clock(), dict(self._shards.held)
        due = await self._store.due_timers(held, until=now, limit=self._most_in_flight)
        fresh, more = (
            self._fresh(due),
            any(len(one) == self._most_in_flight for one in due.values()),
        )
        if not fresh:
            self._stocktaking = None
            return more
        reached = await self._caught_up(now)
        if reached is None:
            return True
        ready = [(held[shard], timer) for shard, timer in fresh if timer.due_at <= reached]
        await self._fire(ready)
        return more or len(ready) < len(fresh)

    def _fresh(self, due: Mapping[int, Sequence[Timer]]) -> list[tuple[int, Timer]]:
        """Leave out what fired already, and forget of it what is not due any more."""
        every = [(shard, timer) for shard, timers in due.items() for timer in timers]
        metrics.TIMERS_DUE.set(len(every))
        self._fired.intersection_update([timer for _, timer in every])
        return [(shard, timer) for shard, timer in every if timer not in self._fired]

    async def _caught_up(self, now: datetime) -> datetime | None:
        """Give the moment whose answers are all where they belong; None while some may not be.

        An answer may come in on another partition than its session's. Only when that partition
        was read so far is it certain that the answer was brought home.
        """
        if self._stocktaking is None:
            ends = await self._source.ends(range(self._shards.total))
            self._stocktaking = Stocktaking(now, ends)
        if not self._stocktaking.is_done(await self._store.next_offsets()):
            return None
        reached, self._stocktaking = self._stocktaking.at, None
        return reached

    async def _fire(self, timers: Sequence[tuple[Holding, Timer]]) -> None:
        now = self._clock()
        ours = [(one.shard, timer) for one, timer in timers if self._shards.is_current(one)]
        if not ours:
            return
        await self._dispatch.issue([(shard, _firing(timer, now)) for shard, timer in ours])
        self._fired.update(timer for _, timer in ours)
        metrics.TIMERS_FIRED.inc(len(ours))
        for _, timer in ours:
            metrics.TIMER_LATE_SECONDS.observe((self._clock() - timer.due_at).total_seconds())


def _firing(timer: Timer, now: datetime) -> OwnCommand:
    """Give the command; the same timer, due at the same moment, is the same command."""
    session, kind = timer.key.session_id, timer.key.kind
    identity = timer_id(session, kind, timer.due_at)
    command = FireTimer(
        contact_id=timer.contact_id,
        session_id=session,
        timer_id=identity,
        kind=kind,
        due_at=timer.due_at,
    )
    return OwnCommand(command_id(command.TYPE, str(identity)), command, timer.contact_id, now)
