"""`recording/…`: what it costs a service to record and export the spans of its messages.

The same work with nobody to export to, with a tenth of the traces wanted, and with all of them.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any, TypeAlias

from bench import topic
from bench.claim import CommandRecord, workload
from bench.doors import ingress
from bench.draining import drain
from bench.ingress_rate import CONNECTIONS, WEBHOOKS_A_PERSON
from bench.lab import Lab
from bench.replies import requests as replies
from bench.results import Result, judged, ratio
from bench.sender_rate import sender, stub
from bench.sides import Measured, session_core, start, started, stop
from bench.webhooks import messages, requests
from devstack.ports import LOOPBACK, free_port
from domain.topics import SESSION_EVENTS

SHARES: Mapping[str, float] = {"nowhere": 0.0, "a_tenth": 0.1, "all": 1.0}
"""Of the traces, those that are wanted; nowhere: no address to export to either."""
_LINGER_SECONDS = 1.5
_WARM = 500
_STRANGERS = 10_000_000
"""The number of the first who warm up."""
_AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
Work: TypeAlias = Callable[[Lab, str, str | None], Awaitable[float]]
"""Does a round in one of the ways, exporting there; gives microseconds of CPU an item."""


async def recording(lab: Lab) -> Sequence[Result]:
    """Measure `recording/ingress`, `recording/session-core` and `recording/sender`."""
    works: Mapping[str, Work] = {
        "ingress": _webhooks,
        "session-core": _commands,
        "sender": _replies,
    }
    async with _sink(lab) as address:
        return [await _measured(lab, name, work, address) for name, work in works.items()]


async def _measured(lab: Lab, name: str, work: Work, address: str) -> Result:
    rounds: list[Mapping[str, float]] = []
    for number in range(lab.sizes.rounds + 1):
        costs = {how: await work(lab, how, address if how != "nowhere" else None) for how in SHARES}
        told = ", ".join(f"{how} {cost:.0f} us" for how, cost in costs.items())
        lab.say(f"{name}, {f'round {number}' if number else 'warm-up'}: {told}")
        rounds.append(costs)
    counted = rounds[1:]
    detail = {
        f"cpu_us_{how}": {
            "median": round(median(costs[how] for costs in counted), 1),
            "runs": [round(costs[how], 1) for costs in counted],
        }
        for how in SHARES
    }
    value = ratio([one["all"] for one in counted], [one["nowhere"] for one in counted])
    bar = 2.5
    return judged(f"recording/{name}", value, bar=bar, better="lower", unit="ratio", detail=detail)


async def _webhooks(lab: Lab, how: str, address: str | None) -> float:
    posts = requests(messages(lab.sizes.people * WEBHOOKS_A_PERSON))
    # Nothing is to be measured but CPU: on a busy machine an acknowledgement may take its time.
    more = {**_exporting("INGRESS", how, address), "INGRESS_ACK_SECONDS": "60"}
    async with ingress(lab, more=more) as door:
        await door.take(requests(messages(_WARM, first=_STRANGERS)), connections=CONNECTIONS)
        await asyncio.sleep(_LINGER_SECONDS)
        return await _cpu_us(
            door.side, len(posts), partial(door.take, posts, connections=CONNECTIONS)
        )


async def _commands(lab: Lab, how: str, address: str | None) -> float:
    records = _wanted(workload(lab.sizes.people, begin=datetime.now(UTC)), SHARES[how])
    more: dict[str, Any] = {} if address is None else {"otlp_endpoint": address}
    async with (
        lab.installation() as place,
        session_core(place, lab.flows, lab.logs, log_level="warning", **more) as side,
    ):
        return await _cpu_us(side, len(records), partial(drain, side, place, records))


async def _replies(lab: Lab, how: str, address: str | None) -> float:
    asked = _wanted(replies(lab.sizes.people, at=datetime.now(UTC)), SHARES[how])
    more = _exporting("SENDER", how, address)
    warm = _wanted(replies(_WARM // 10, at=datetime.now(UTC), first=_STRANGERS), SHARES[how])
    async with stub(lab) as platform, sender(lab, platform, more=more) as (side, prefix):

        async def work(records: Sequence[CommandRecord], calls: int) -> None:
            await topic.fill(lab.kafka, prefix + SESSION_EVENTS.name, records)
            await platform.wait_for(calls, side)

        await work(warm, len(warm))
        await asyncio.sleep(_LINGER_SECONDS)
        both = len(warm) + len(asked)
        return await _cpu_us(side, len(asked), partial(work, asked, both))


async def _cpu_us(side: Measured, items: int, work: Callable[[], Awaitable[object]]) -> float:
    used = side.cpu_seconds()
    await work()
    await asyncio.sleep(_LINGER_SECONDS)  # what was recorded is exported a little later
    return (side.cpu_seconds() - used) / items * 1e6


def _exporting(prefix: str, how: str, address: str | None) -> Mapping[str, str]:
    if address is None:
        return {}
    told = {f"{prefix}_OTLP_ENDPOINT": address, f"{prefix}_OTLP_SAMPLE_RATIO": str(SHARES[how])}
    return {**told, **_AT_ONCE}


def _wanted(records: Sequence[CommandRecord], share: float) -> Sequence[CommandRecord]:
    """Let so many of the records say that their trace is wanted, each of a trace of its own."""
    every = round(1 / share) if share else 0
    return [
        replace(record, headers=_traced(record.headers, is_wanted=bool(every) and not at % every))
        for at, record in enumerate(records)
    ]


def _traced(headers: Sequence[tuple[str, bytes]], *, is_wanted: bool) -> list[tuple[str, bytes]]:
    trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{'01' if is_wanted else '00'}"
    others = [(name, content) for name, content in headers if name != "traceparent"]
    return [*others, ("traceparent", trace.encode())]


@asynccontextmanager
async def _sink(lab: Lab) -> AsyncIterator[str]:
    port = free_port(set())
    listening = lab.logs / "span-sink"
    command = [sys.executable, "-m", "bench.span_sink", str(port), str(listening)]
    side = start(command, lab.logs / "span-sink.log", {})
    try:
        await started(side, listening.exists)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await asyncio.to_thread(stop, side)
