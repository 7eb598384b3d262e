"""`sender/rate`, `memory/sender`: a topic that fills at once, beside a bare loop of posts."""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol, TypeAlias

import httpx

from bench import topic
from bench.claim import CommandRecord
from bench.draining import NotDrained
from bench.fleet import INSTANCES, Fleet, Service, fleet
from bench.lab import Lab
from bench.replies import REPLIES_A_PERSON, lines, misplaced, requests
from bench.results import Result, judged, ratio
from bench.sides import Measured, start, started, stop
from devstack import topics
from devstack.ports import LOOPBACK, free_port
from domain.topics import (
    ACCOUNT_UPDATES,
    PARKED_BY_SENDER,
    PARTITIONS,
    REDRIVEN_TO_SENDER,
    SENDER_LEDGER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)

AT_ONCE = 256
"""Calls under way: sender's default."""
TIMES = 5
"""As many people as elsewhere: what takes a second or two measures how Kafka warms up."""
_TOPICS = (
    SESSION_EVENTS,
    SESSION_COMMANDS,
    SENDER_LEDGER,
    PARKED_BY_SENDER,
    REDRIVEN_TO_SENDER,
    ACCOUNT_UPDATES,
)
_PATIENCE_SECONDS = 300.0
_WARM = PARTITIONS
"""People who are answered before it counts: one in each partition."""
_STRANGERS = 10_000_000
"""The number of the first of them."""


@dataclass(frozen=True, slots=True)
class Run:
    """How one side fared, from its begin to the last call that the stub saw."""

    sends: int
    seconds: float
    cpu_seconds: float
    resident_bytes: int = 0

    @property
    def rate(self) -> float:
        """Sends a second."""
        return self.sends / self.seconds

    def figures(self) -> dict[str, float]:
        """Give what is written down of a run."""
        return {
            "sends_per_s": round(self.rate, 1),
            "seconds": round(self.seconds, 3),
            "cpu_ms_a_send": round(self.cpu_seconds / self.sends * 1000, 3),
        }


Runs: TypeAlias = Callable[[Lab, "Stub", int], AbstractAsyncContextManager[tuple[Fleet, str]]]
"""Runs so many instances that call the stub; gives them with the prefix of their topics."""


class Makes(Protocol):
    """Makes the records of so many people."""

    def __call__(self, people: int, *, at: datetime, first: int = 0) -> list[CommandRecord]:
        """Give people numbers from `first` on."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a service has to do, and how to find out that it did."""

    runs: Runs
    makes: Makes
    wrong: Callable[[Sequence[bytes], int], str | None]
    at_once: int
    """Calls under way at the most, of the loop and of each instance."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """All runs of the sides, which took turns."""

    fleets: list[Run]
    alone: list[Run]
    loops: list[Run]
    short_loops: list[Run]
    """The loop by the calls that our services make."""
    about: Mapping[str, int]
    """The sizes of what was done."""

    @property
    def value(self) -> float:
        """The ratio that is judged: of all instances together to the loop."""
        return _of(self.fleets, self.loops)

    def detail(self) -> dict[str, object]:
        """Give what is written down."""
        return {
            **self.about,
            "ratio_of_one_instance": _of(self.alone, self.loops),
            "ratio_to_loop_by_our_calls": _of(self.fleets, self.short_loops),
            "all_instances": [run.figures() for run in self.fleets],
            "one_instance": [run.figures() for run in self.alone],
            "bare_loop": [run.figures() for run in self.loops],
            "bare_loop_by_our_calls": [run.figures() for run in self.short_loops],
        }


async def sender_rate(lab: Lab) -> Sequence[Result]:
    """Measure `sender/rate` and `memory/sender`."""
    people = lab.sizes.people * TIMES
    lab.say(f"{people * REPLIES_A_PERSON} replies to {people} people")
    rounds = await take_turns(lab, Work(sender, requests, misplaced, AT_ONCE), people)
    detail = rounds.detail()
    held = [run.resident_bytes / 2**20 for run in rounds.alone]
    memory = {"replies": detail["records"], "resident": [{"mib": round(one, 1)} for one in held]}
    return [
        judged("sender/rate", rounds.value, bar=0.6, better="higher", unit="ratio", detail=detail),
        judged("memory/sender", max(held), bar=150, better="lower", unit="MiB", detail=memory),
    ]


async def take_turns(lab: Lab, work: Work, people: int) -> Rounds:
    """Let all instances together, one alone and the loop take turns, once without counting."""
    _, bodies = await work_off(lab, work, people, INSTANCES)
    await bare_loop(lab, bodies, work.at_once)
    about = {
        "records": len(bodies),
        "people": people,
        "calls_at_once": work.at_once,
        "body_bytes": round(sum(map(len, bodies)) / len(bodies)),
        "instances": INSTANCES,
    }
    rounds = Rounds([], [], [], [], about)
    for number in range(1, lab.sizes.rounds + 1):
        rounds.fleets.append((await work_off(lab, work, people, INSTANCES))[0])
        rounds.alone.append((await work_off(lab, work, people, 1))[0])
        rounds.loops.append(await bare_loop(lab, bodies, work.at_once))
        rounds.short_loops.append(await bare_loop(lab, bodies, work.at_once, short=True))
        together, alone, loop = (
            runs[-1].rate for runs in (rounds.fleets, rounds.alone, rounds.loops)
        )
        lab.say(
            f"round {number} of {lab.sizes.rounds}: {INSTANCES} instances {together:,.0f} calls/s,"
            f" one {alone:,.0f}, bare loop {loop:,.0f}: {together / loop:.3f}"
        )
    return rounds


def _of(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    return ratio([run.rate for run in ours], [run.rate for run in theirs])


async def work_off(
    lab: Lab, work: Work, people: int, instances: int
) -> tuple[Run, Sequence[bytes]]:
    """Let a service work off what is made of people; give what it posted, which is checked."""
    now = datetime.now(UTC)
    records = work.makes(people, at=now)
    warm = work.makes(_WARM, at=now, first=_STRANGERS)
    async with stub(lab) as other, work.runs(lab, other, instances) as (side, prefix):
        await topic.fill(lab.kafka, prefix + SESSION_EVENTS.name, warm)
        await other.wait_for(len(warm), side)
        used = side.cpu_seconds()
        filled = await topic.fill(lab.kafka, prefix + SESSION_EVENTS.name, records)
        last_at = await other.wait_for(len(warm) + len(records), side)
        used, held = side.cpu_seconds() - used, side.resident_bytes()
        bodies = (await other.bodies())[len(warm) :]
    if found := work.wrong(bodies, len(records)):
        raise NotDrained(found)
    return Run(len(records), last_at - filled.at, used, held), bodies


async def bare_loop(lab: Lab, bodies: Sequence[bytes], at_once: int, *, short: bool = False) -> Run:
    """Let the rival post these bodies, if need be by the calls of our own services."""
    name = secrets.token_hex(4)
    source, begun = lab.logs / f"{name}-bodies", lab.logs / f"{name}-begun"
    source.write_bytes(b"\n".join(bodies))
    async with stub(lab) as platform:
        arguments = [f"{platform.url}/v24.0/1/messages", str(source), str(at_once), str(begun)]
        arguments.append("short" if short else "usual")
        side = start(
            [sys.executable, "-m", "bench.posting", *arguments], lab.logs / f"{name}-loop.log", {}
        )
        try:
            last_at = await platform.wait_for(len(bodies), side)
            await started(side, begun.exists)
            used = side.cpu_seconds()
        finally:
            await asyncio.to_thread(stop, side)
    return Run(len(bodies), last_at - float(begun.read_text()), used)


@dataclass(frozen=True, slots=True)
class Stub:
    """Another side that accepts everything that it allows, ready."""

    url: str
    http: httpx.AsyncClient

    async def wait_for(self, calls: int, side: Measured) -> float:
        """Return when the last of so many calls came. Raises NotDrained and SideFailed."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            seen = await self.seen()
            if seen["calls"] >= calls:
                return seen["last_at"]
            side.check()
            await asyncio.sleep(0.2)
        raise NotDrained(f"not all calls came in time (log: {side.log})")

    async def seen(self) -> Mapping[str, float]:
        """Return how many calls were accepted and refused, and when the first and last came."""
        told: dict[str, float] = (await self.http.get(self.url)).json()
        return told

    async def bodies(self) -> Sequence[bytes]:
        """Return what was posted, in order."""
        return lines((await self.http.get(f"{self.url}/bodies")).content)


@asynccontextmanager
async def stub(lab: Lab, *, allowed: float | None = None) -> AsyncIterator[Stub]:
    """Run another side that accepts everything, or so many calls a second."""
    port, name = free_port(set()), secrets.token_hex(4)
    listening = lab.logs / f"{name}-stub"
    bound = [] if allowed is None else [str(allowed)]
    command = [sys.executable, "-m", "bench.graph_stub", str(port), str(listening), *bound]
    side = start(command, lab.logs / f"{name}-stub.log", {})
    try:
        await started(side, listening.exists)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            yield Stub(f"http://{LOOPBACK}:{port}", http)
    finally:
        await asyncio.to_thread(stop, side)


@asynccontextmanager
async def sender(
    lab: Lab,
    platform: Stub,
    instances: int = 1,
    *,
    more: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[tuple[Fleet, str]]:
    """Run sender on topics of its own; give their prefix. `more` are variables by their names."""
    prefix = f"b{secrets.token_hex(4)}-"
    await topics.create(lab.kafka, _TOPICS, prefix=prefix)
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
        "TOPIC_PREFIX": prefix,
        "GRAPH_URL": platform.url,
        "ACCESS_TOKEN": "a-token",
        "LIMITS": "false",
        "CONCURRENT_CALLS": str(AT_ONCE),
        "LOG_LEVEL": "warning",
    }
    service = Service([sys.executable, "-m", "sender"], "SENDER_", variables, more)
    log, read = lab.logs / f"{prefix}sender.log", prefix + SESSION_EVENTS.name
    try:
        async with fleet(service, instances, log, read) as running:
            yield running, prefix
    finally:
        await topics.delete(lab.kafka, _TOPICS, prefix=prefix)
