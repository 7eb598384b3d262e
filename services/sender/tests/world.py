"""All that a sender in memory lives in; it may die and be started anew there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain import codec
from domain.events import Event, ReplyRequested, ReplySent, SentMessage
from domain.ports.media_library import MediaLibrary
from domain.ports.outlook import NewsUnavailable
from domain.ports.sending import PlatformUnavailable
from domain.ports.sending_ledger import LedgerUnavailable
from sender.adapters.memory_ledger import MemoryLedger
from sender.adapters.memory_media_library import MemoryMediaLibrary
from sender.adapters.memory_sender import MemorySender
from sender.handlers import OUTCOMES, Handlers, is_wanted
from sender.use_cases.deferring import Bounds, Deferring
from sender.use_cases.pacing import Limits, Pacing
from sender.use_cases.sending import Policy, ReplySending
from sender.use_cases.turns import Time
from streaming.cloudevents import CloudEvent, Headers, decode, encode
from streaming.parking import Parkable
from streaming.runner import Record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class World:
    """All that outlives a sender, and the sender that runs now."""

    hours: Any
    platform: MemorySender = field(default_factory=MemorySender)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    told: list[Any] = field(default_factory=list)
    parked: list[tuple[Parkable, str]] = field(default_factory=list)
    limits: Limits | None = None
    policy: Policy = field(default_factory=Policy)
    bounds: Bounds = field(default_factory=Bounds)
    library: MediaLibrary = field(default_factory=lambda: MemoryMediaLibrary({}))
    log: list[Record] = field(default_factory=list)
    committed: int = 0
    traceparent: str | None = None
    """Of what happens from now on."""
    away: bool = False
    """Whether what was not read cannot be."""

    async def start(self) -> None:
        """Start a sender, and let it read again what was not committed."""
        time = Time(
            now=lambda: NOON + timedelta(seconds=self.hours.now),
            monotonic=lambda: self.hours.now,
            sleep=self.hours.sleep,
        )
        self.sending = ReplySending(
            sender=self.platform,
            library=self.library,
            ledger=self.ledger,
            pacing=Pacing(self.limits, stop_pause=300),
            policy=self.policy,
            time=time,
            catch_up=self.catch_up,
        )
        trouble = (PlatformUnavailable, LedgerUnavailable, NewsUnavailable)
        self.deferring = Deferring(self.sending, self.ledger, self.bounds, time, trouble)
        self.door = Handlers(self.deferring, self.sending.hearsay, self, self)
        await self.door.on_assigned({0: self.committed})
        for record in self.log[self.committed :]:
            await self.read(record)

    async def die(self) -> None:
        """Let nothing of the sender go on."""
        await self.deferring.let_go(0)
        await self.settle()

    async def restart(self, *, committed: int | None = None) -> None:
        self.committed = len(self.log) if committed is None else committed
        await self.die()
        await self.start()

    def is_written(self, *events: Event) -> None:
        """Let events stand in the log, unread."""
        for event in events:
            self.log.append(self._record(event))

    async def happens(self, *events: Event) -> None:
        """Let events be read and handled, one after the other."""
        for event in events:
            self.log.append(self._record(event))
            await self.read(self.log[-1])

    async def read(self, record: Record) -> None:
        kept = self.door.on_fetched(record)
        if kept or is_wanted(record.event.type):
            await asyncio.wait_for(self.door.handle(record), timeout=10)

    async def catch_up(self, partition: int) -> None:
        """Show what stands in the log and was not read."""
        if self.away:
            raise NewsUnavailable
        for record in self.log[self.door.read_to(partition) :]:
            if record.event.type in OUTCOMES:
                self.door.hear_of_outcome(partition, record.event.data)

    async def settle(self) -> None:
        """Let everything go on that need not wait."""
        for _ in range(40):
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        await self.hours.sleep(seconds)
        await self.settle()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let time pass in which only the sender sleeps."""
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 its clock is the test's
                await asyncio.sleep(0)

    @property
    def texts(self) -> list[str]:
        """What reached people, in order."""
        return [getattr(reply.message, "text", "a template") for _, reply in self.platform.sent]

    async def deferred(self) -> int:
        """How many replies wait in the ledger."""
        return len(self.ledger._kept[0].deferred)  # noqa: SLF001 nothing else looks without taking over

    async def publish(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Headers,
        partition: int | None = None,
    ) -> None:
        assert (topic, partition) == ("session-commands", 0)
        assert key is not None
        command = decode(value, headers)
        assert command.causation_id is not None
        self.told.append(codec.decode_command(command.type, command.data))

    async def park(self, record: Parkable, reason: str, **_: Any) -> None:
        self.parked.append((record, reason))

    def _record(self, event: Event) -> Record:
        offset, data = len(self.log), codec.encode(event)
        envelope = CloudEvent(
            id=f"event-{offset}",
            type=event.TYPE,
            source="session-core",
            time=NOON,
            data=data,
            subject="a-session",
            correlation_id="a-correlation",
            traceparent=self.traceparent,
            sequence=offset + 1,
        )
        key = str(event.contact_id).encode()
        at = int(1000 * datetime.now(UTC).timestamp())
        return Record("session-events", 0, offset, key, data, encode(envelope), at, envelope)


async def restarted(world: World, **changes: Any) -> None:
    """Start anew under other conditions."""
    for name, value in changes.items():
        setattr(world, name, value)
    await world.restart()


def sent(request: ReplyRequested) -> ReplySent:
    return ReplySent(
        contact_id=request.contact_id,
        session_id=request.session_id,
        reply_id=request.reply_id,
        personal=SentMessage(wamid="wamid.1"),
    )
