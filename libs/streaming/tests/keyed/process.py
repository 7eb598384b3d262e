"""A process that runs a keyed runner, and the other side that its handler calls."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from faststream.kafka import KafkaBroker
from keyed.clockwork import Clockwork
from keyed.group import Group, Seat
from keyed.log import TOPIC, Entry, Log

from streaming.kafka import KafkaSettings, PublishFailed, broker
from streaming.parking import Parkable
from streaming.runner import KeyedRunner, Record
from streaming.testing import QUICK, Gone, Refused

MOST = 24
MOST_QUEUED = MOST // 4
MOST_OF_A_KEY = 2 * MOST_QUEUED
AT_ONCE = 4
GRACE = 0.5
SLOW = 0.3
PATIENCE = 3.0
"""After so long whoever calls gives up; all are seconds."""


class OurFault(Exception):
    """A bug."""


@dataclass
class Outside:
    """What the handlers call, and where they park."""

    away: bool = False
    parking_away: bool = False
    released: set[int] = field(default_factory=set)
    attempts: Counter[int] = field(default_factory=Counter)


@cache
def unused() -> KafkaBroker:
    """Make what the runner would connect with if it had no seat."""
    made: KafkaBroker = broker(KafkaSettings("127.0.0.1:1", "test"))
    return made


class Process:
    """One life of a service, from its start until it stops or is killed."""

    def __init__(self, log: Log, group: Group, outside: Outside) -> None:
        self.loop = Clockwork()
        self.stands_still = False
        self.seat = Seat(group, log, most=MOST, most_of_a_key=MOST_OF_A_KEY)
        self._log = log
        self._outside = outside
        self._working: set[tuple[int, bytes]] = set()
        self.runner = KeyedRunner(
            broker=unused(),
            topic=TOPIC,
            group="readers",
            instance_id="one",
            handle=self._handle,
            park=self,
            unavailable=(Gone,),
            rejected=(Refused,),
            concurrency=AT_ONCE,
            max_buffered=MOST,
            retry=QUICK,
            on_assigned=self._prepare,
            wanted=lambda kind: kind == "wanted.v1",
            subscription=self.seat,
            grace=GRACE,
            clock=self.loop.time,
        )
        self._dying = self.loop.begin(self.runner.died())
        self._starting = self.loop.begin(self.runner.start())
        self._stopping: asyncio.Task[None] | None = None

    def go_on(self, seconds: float) -> None:
        if not self.stands_still:
            self.loop.go_on(seconds)

    def tick(self) -> None:
        if not self.stands_still:
            self.loop.tick()

    def stop(self) -> None:
        """Begin to stop in good order."""
        if self._starting.done() and self._stopping is None:
            self._stopping = self.loop.begin(self.runner.stop())

    def has_stopped(self) -> bool:
        return self._stopping is not None and self._stopping.done()

    def parked_too_much(self) -> bool:
        """Tell if it stands still until somebody has looked at what it parked."""
        return (self.runner.ready() or "").startswith("stopped: more than")

    def failure(self) -> str | None:
        """Say why only a restart would help, if it is so."""
        return self._dying.result() if self._dying.done() else None

    def kill(self) -> None:
        self.loop.end()

    async def park(
        self,
        record: Parkable,
        reason: str,
        *,
        error: BaseException | None = None,  # noqa: ARG002 the entry says what is expected
        attempts: int = 1,  # noqa: ARG002 the same
    ) -> None:
        entry = self._log.entry(record.partition, record.offset)
        await asyncio.sleep(0.01)
        if self._outside.parking_away:
            raise PublishFailed("no ack")
        if reason.partition(":")[0] != expected_reason(entry):
            self._log.broken.append(f"{entry} was parked: {reason}")
        self._log.begins(entry)
        self._log.done.add(entry.number)
        await asyncio.sleep(0.01)
        self.seat.finished(entry)

    async def _prepare(self, begins: Mapping[int, int]) -> None:
        await asyncio.sleep(0.01 * len(begins))
        if begins and self._outside.away:
            raise Gone

    async def _handle(self, record: Record) -> None:
        entry = self._log.entry(record.partition, record.offset)
        key = entry.partition, entry.key
        if key in self._working:
            self._log.broken.append(f"{entry} was begun while its key was worked on")
        self._log.begins(entry)
        self._working.add(key)
        try:
            await self._call(entry)
            await asyncio.sleep(0.01)
            self.seat.finished(entry)
        finally:
            self._working.discard(key)

    async def _call(self, entry: Entry) -> None:
        """Have the effect, or say why not; who is killed behind it does not know."""
        await asyncio.sleep(SLOW if entry.fate == "slow" else 0.01)
        if self._outside.away:
            raise Gone
        self._outside.attempts[entry.number] += 1
        await self._meet(entry, self._outside.attempts[entry.number])
        self._log.done.add(entry.number)

    async def _meet(self, entry: Entry, attempt: int) -> None:
        match entry.fate:
            case "refused":
                raise Refused
            case "bug":
                raise OurFault
            case "bug-once" if attempt == 1:
                raise OurFault
            case "gone-twice" if attempt <= 2:
                raise Gone
            case "poison" if entry.number not in self._outside.released:
                raise Gone
            case "hangs" if entry.number not in self._outside.released:
                await asyncio.sleep(PATIENCE)
                raise Gone
            case _:
                return


def expected_reason(entry: Entry) -> str | None:
    """Say how the reason begins for which a record may be parked; None if it may not."""
    if entry.kind == "unreadable":
        return "unreadable"
    return {"refused": "rejected", "bug": "bug"}.get(entry.fate)
