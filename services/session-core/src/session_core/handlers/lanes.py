"""Polls commands in lanes, so that one batch is decided while another is being stored."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from domain.ports.command_source import (
    CommandSource,
    Delivery,
    OffsetsGone,
    SourceUnavailable,
)
from domain.topics import SESSION_COMMANDS
from session_core.use_cases import metrics
from session_core.use_cases.following import GROUP
from session_core.use_cases.holding import Holding
from session_core.use_cases.portions import portions
from session_core.use_cases.settling import Part, Settling
from session_core.use_cases.shards import Shards
from streaming import metrics as messaging

POLL_SECONDS = 0.2
MOST_BYTES = 1024 * 1024
_STOP_SECONDS = 3.0

_log = structlog.get_logger(__name__)


class Lanes:
    """So many loops, each with its own share of the shards. A poll is a batch."""

    def __init__(
        self,
        source: CommandSource,
        shards: Shards,
        settling: Settling,
        *,
        lanes: int,
        most_commands: int,
    ) -> None:
        self._source = source
        self._shards = shards
        self._settling = settling
        self._lanes = lanes
        self._most_commands = most_commands
        self._stopping = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self._trouble: str | None = None
        reader = SESSION_COMMANDS.name, GROUP
        self._consumed = messaging.consumed(*reader)
        self._processing = messaging.processing(*reader)

    async def start(self) -> None:
        """Begin to poll."""
        self._running = [
            asyncio.create_task(self._run(lane), name=f"lane-{lane}") for lane in range(self._lanes)
        ]

    async def stop(self) -> None:
        """Finish the batches under way if that takes a moment only."""
        self._stopping.set()
        await self._shards.quiet(_STOP_SECONDS)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def died(self) -> str:
        """Return the reason if a lane ends by itself."""
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        ended = next(iter(done))
        error = None if ended.cancelled() else ended.exception()
        if error is None:
            return "a lane ended"
        _log.error("a lane broke", exc_info=error)
        return f"a lane ended: {type(error).__name__}"

    def ready(self) -> str | None:
        """Give None while commands can be fetched, else what stands in the way."""
        return self._trouble

    async def _run(self, lane: int) -> None:
        while not self._stopping.is_set():
            holdings = self._share(lane)
            if not holdings:
                await self._shards.wait_for_change(POLL_SECONDS)
                continue
            try:
                deliveries = await self._source.poll(
                    list(holdings), limit=self._most_commands, timeout=POLL_SECONDS
                )
                self._trouble = None
            except OffsetsGone as gone:
                self._give_up(gone, holdings)
                continue
            except SourceUnavailable as failure:
                self._trouble = f"the topic of commands: {failure}"
                await asyncio.sleep(POLL_SECONDS)
                continue
            with self._shards.at_work():
                await self._settle(deliveries, holdings)
                await self._pass_over(deliveries, holdings)

    def _share(self, lane: int) -> dict[int, Holding]:
        return {
            shard: holding
            for shard, holding in self._shards.held.items()
            if shard % self._lanes == lane and not holding.overloaded
        }

    async def _settle(
        self, deliveries: Sequence[Delivery], holdings: Mapping[int, Holding]
    ) -> None:
        self._consumed.inc(len(deliveries))
        for portion in portions(deliveries, MOST_BYTES):
            metrics.BATCH_SIZE.observe(len(portion))
            with self._processing.time():
                await self._bring_through(self._parts(portion, holdings))

    async def _bring_through(self, parts: Sequence[Part]) -> None:
        for part in parts:
            part.holding.oldest_at = part.deliveries[0].written_at
        await self._settling.settle(parts)
        for part in parts:
            part.holding.oldest_at = None

    async def _pass_over(
        self, deliveries: Sequence[Delivery], holdings: Mapping[int, Holding]
    ) -> None:
        """Read on beyond what is delivered to nobody: timers wait for the end of each shard."""
        busy = {delivery.shard for delivery in deliveries}
        passed = [
            (holding, offset)
            for shard, holding in holdings.items()
            if shard not in busy and (offset := await self._source.passed(shard)) is not None
        ]
        await self._settling.pass_over(passed)

    def _parts(self, deliveries: Sequence[Delivery], holdings: Mapping[int, Holding]) -> list[Part]:
        by_shard: dict[int, list[Delivery]] = {}
        for delivery in deliveries:
            by_shard.setdefault(delivery.shard, []).append(delivery)
        return [
            Part(holdings[shard], group)
            for shard, group in by_shard.items()
            if self._is_fresh(holdings[shard])
        ]

    def _is_fresh(self, polled_for: Holding) -> bool:
        """Refuse what was polled before the shard was taken anew, and have it delivered again."""
        if self._shards.is_current(polled_for):
            return True
        current = self._shards.held.get(polled_for.shard)
        if current is not None:
            self._source.read_from(current.shard, current.next_offset)
        return False

    def _give_up(self, gone: OffsetsGone, holdings: Mapping[int, Holding]) -> None:
        for shard in gone.shards:
            holding = holdings.get(shard)
            if holding is not None:
                self._shards.lose(holding, str(gone))
