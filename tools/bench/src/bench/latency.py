"""`latency/p50` and `latency/p99`: from a person's message to the reply at the Graph API."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from statistics import quantiles
from typing import Any

import httpx

from bench import topic
from bench.lab import Lab
from bench.results import Result, judged
from bench.round_trip import round_trips
from bench.walking import walk
from devstack.endpoints import Endpoints
from devstack.services import LOOKUPS, SERVICES, SIMULATOR
from domain.events import ReplyRequested
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS

RATES = (50, 200)
"""Messages a second; each leads to three more webhooks, of the statuses of its reply."""
JUDGED = RATES[0]
_WARM_UP_SECONDS = 5.0
_LIFTED = {"SENDER_LIMITS": "false"}
"""80 messages a second is what a number may send by default: less than what is measured."""


async def latency(lab: Lab) -> Sequence[Result]:
    """Measure both names at both rates on the whole devstack."""
    rates: dict[str, Mapping[str, Any]] = {}
    async with _everything(lab) as known:
        await walk(known.simulator, RATES[0], _WARM_UP_SECONDS, first=0)
        for number, rate in enumerate(RATES, start=1):
            begin = time.time()
            async with round_trips(lab.kafka) as trips:
                answered = await walk(known.simulator, rate, lab.sizes.seconds, number * 100_000)
            core = await _session_core(lab.kafka, since=begin)
            rates[str(rate)] = {
                "messages": len(answered.wamids),
                "unanswered": answered.unanswered,
                "whole": _percentiles(answered.seconds),
                "session_core": _percentiles(core),
                "round_trip": _percentiles(trips),
            }
            lab.say(f"at {rate} messages/s: {rates[str(rate)]}")
    return [_result("latency/p50", rates, 250), _result("latency/p99", rates, 1000)]


@asynccontextmanager
async def _everything(lab: Lab) -> AsyncIterator[Endpoints]:
    with _variables(_LIFTED):
        known = await asyncio.to_thread(lab.stack.up)
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            off = await http.put(f"{known.simulator}/simulator/faults", json={"limits": False})
            off.raise_for_status()
        yield known
    finally:
        await asyncio.to_thread(lab.stack.stop, SIMULATOR, LOOKUPS, *SERVICES, "s3")


@contextmanager
def _variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Let the devstack's processes inherit these."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name)


async def _session_core(kafka: str, *, since: float) -> list[float]:
    """Give the seconds from each message's command to the event that asks for its reply.

    Both by the timestamps of their records: when ingress and session-core handed them to Kafka.
    """
    commands = await topic.read_all(kafka, SESSION_COMMANDS.name)
    events = await topic.read_all(kafka, SESSION_EVENTS.name)
    came = {_header(one, "ce_id"): one.timestamp for shard in commands for one in shard}
    return [
        one.timestamp - came[_header(one, "ce_causationid")]
        for shard in events
        for one in shard
        if one.timestamp >= since and _header(one, "ce_type") == ReplyRequested.TYPE
    ]


def _header(record: topic.EventRecord, name: str) -> str:
    return dict(record.headers)[name].decode()


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49] * 1000, 1), "p99_ms": round(cuts[98] * 1000, 1)}


def _result(name: str, rates: Mapping[str, Mapping[str, Any]], bar: float) -> Result:
    percentile = f"{name.partition('/')[2]}_ms"
    judged_rate = rates[str(JUDGED)]
    return judged(
        name,
        judged_rate["whole"][percentile],
        bar=bar,
        better="lower",
        unit="ms",
        detail={
            "judged_at_messages_per_s": JUDGED,
            **{part: [{percentile: judged_rate[part][percentile]}] for part in _PARTS},
            "rates": rates,
        },
    )


_PARTS = ("whole", "session_core", "round_trip")
