"""`ingress/latency` and `memory/ingress`: what WhatsApp wants at 3,300 updates a second."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import repeat
from statistics import mean, quantiles
from typing import Any

from bench.doors import OpenDoor, ingress
from bench.draining import NotDrained
from bench.lab import Lab
from bench.results import Result, judged
from bench.sides import Side
from bench.webhooks import Post, messages, posts, requests, sizes_of_posts

UPDATES_A_SECOND = 3_300
"""1,000 replies a second with three statuses each, and 300 messages (Meta, throughput)."""
CONNECTIONS = 64
MEDIAN_MS = 250
SLOW_SECONDS = 1.0
SLOW_SHARE = 0.01
MOST_MIB = 150
_WARM = 3_000
_LOOK_SECONDS = 0.2


async def ingress_latency(lab: Lab) -> Sequence[Result]:
    """Measure both names."""
    updates = int(UPDATES_A_SECOND * lab.sizes.seconds)
    loads: dict[str, Iterator[int]] = {"mixed": sizes_of_posts(), "single": repeat(1)}
    found: dict[str, Mapping[str, Any]] = {}
    async with ingress(lab) as door, _watched(door.side) as memory:
        await door.take(requests(messages(_WARM)), connections=CONNECTIONS)
        for number, (name, sizes) in enumerate(loads.items(), start=1):
            load = list(posts(updates, sizes, first=number * 10_000_000))
            found[name] = await _measured(door, load, updates)
            lab.say(f"{name}: {found[name]}")
    return [_latency(found), _memory(memory)]


async def _measured(door: OpenDoor, load: Sequence[Post], updates: int) -> Mapping[str, Any]:
    before = await door.kept()
    sent = requests([post.body for post in load])
    run = await door.take(sent, connections=CONNECTIONS, due=list(_due(load)))
    if (kept := await door.kept() - before) != updates:
        raise NotDrained(f"{kept} commands were kept of {updates} updates")
    cuts = quantiles(run.seconds, n=1000, method="inclusive")
    return {
        "posts": len(load),
        "updates_a_post": round(mean(post.updates for post in load), 2),
        "updates_per_s": round(updates / run.elapsed),
        "p50_ms": round(cuts[499] * 1000, 1),
        "p99_ms": round(cuts[989] * 1000, 1),
        "most_ms": round(max(run.seconds) * 1000, 1),
        "share_above_1_s": sum(one > SLOW_SECONDS for one in run.seconds) / len(load),
        "ingress_cores": round(run.cpu_seconds / run.elapsed, 2),
        "caller_cores": round(run.caller_cpu_seconds / run.elapsed, 2),
    }


def _due(load: Sequence[Post]) -> Iterator[float]:
    """Give when each is due: at random, as those come who do not know of each other."""
    dice, at = random.Random(2), 0.0  # noqa: S311 the same for everybody who measures
    for post in load:
        yield at
        at += dice.expovariate(UPDATES_A_SECOND / post.updates)


@dataclass(slots=True)
class _Memory:
    mib: list[float] = field(default_factory=list)


@asynccontextmanager
async def _watched(side: Side) -> AsyncIterator[_Memory]:
    """Look at what the process holds until the block ends."""
    memory = _Memory()

    async def look() -> None:
        while True:
            memory.mib.append(side.resident_bytes() / 2**20)
            await asyncio.sleep(_LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield memory
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


def _latency(found: Mapping[str, Mapping[str, Any]]) -> Result:
    mixed = found["mixed"]
    detail = {
        "updates_per_s": UPDATES_A_SECOND,
        "connections": CONNECTIONS,
        "share_above_1_s_allowed": SLOW_SHARE,
        "mixed": [mixed],
        "single": [found["single"]],
    }
    result = judged(
        "ingress/latency",
        mixed["p50_ms"],
        bar=MEDIAN_MS,
        better="lower",
        unit="ms",
        detail=detail,
    )
    return result.model_copy(
        update={"holds": result.holds and mixed["share_above_1_s"] < SLOW_SHARE}
    )


def _memory(memory: _Memory) -> Result:
    detail = {"resident": [{"mib_at_begin": round(memory.mib[0], 1)}], "looks": len(memory.mib)}
    return judged(
        "memory/ingress",
        max(memory.mib),
        bar=MOST_MIB,
        better="lower",
        unit="MiB",
        detail=detail,
    )
