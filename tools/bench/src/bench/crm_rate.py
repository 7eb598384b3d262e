"""`crm/rate`, `crm/throttled`: a topic that fills at once, told to a CRM by webhook."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bench import topic
from bench.draining import NotDrained
from bench.facts_for_crm import EVENTS_A_PERSON, misplaced_facts, told_events
from bench.lab import Lab
from bench.results import Result, judged, ratio
from bench.sender_rate import AT_ONCE, Stub, bare_loop, stub, work_off
from bench.sides import Side, ready, start, stop
from devstack import topics
from devstack.ports import LOOPBACK, free_port
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    REDRIVEN_TO_CRM_NOTIFIER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)

ALLOWED_A_SECOND = 200.0
_TOPICS = (SESSION_EVENTS, SESSION_COMMANDS, PARKED_BY_CRM_NOTIFIER, REDRIVEN_TO_CRM_NOTIFIER)
_SECRET = "whsec_" + "c2VjcmV0" * 6
_THROTTLED_SECONDS = 20.0
"""For so long the CRM that throttles is to be kept busy."""


async def crm_rate(lab: Lab) -> Sequence[Result]:
    """Measure `crm/rate`."""
    people = lab.sizes.people
    lab.say(f"{people * EVENTS_A_PERSON} events of {people} people")
    _, bodies = await work_off(lab, notifier, told_events, misplaced_facts)
    await bare_loop(lab, bodies)
    ours, theirs = [], []
    for number in range(1, lab.sizes.rounds + 1):
        ours.append((await work_off(lab, notifier, told_events, misplaced_facts))[0])
        theirs.append(await bare_loop(lab, bodies))
        lab.say(
            f"round {number} of {lab.sizes.rounds}: crm-notifier {ours[-1].rate:,.0f} calls/s,"
            f" bare loop {theirs[-1].rate:,.0f}: {ours[-1].rate / theirs[-1].rate:.3f}"
        )
    detail = {
        "events": people * EVENTS_A_PERSON,
        "people": people,
        "calls_at_once": AT_ONCE,
        "body_bytes": round(sum(map(len, bodies)) / len(bodies)),
        "crm_notifier": [run.figures() for run in ours],
        "bare_loop": [run.figures() for run in theirs],
    }
    value = ratio([run.rate for run in ours], [run.rate for run in theirs])
    return [judged("crm/rate", value, bar=0.6, better="higher", unit="ratio", detail=detail)]


async def crm_throttled(lab: Lab) -> Sequence[Result]:
    """Measure `crm/throttled`: accepted calls a second beside those that the CRM allows."""
    wanted = int(ALLOWED_A_SECOND * min(_THROTTLED_SECONDS, lab.sizes.seconds))
    events = told_events(max(1, wanted // EVENTS_A_PERSON), at=datetime.now(UTC))
    async with stub(lab, allowed=ALLOWED_A_SECOND) as crm, notifier(lab, crm) as (side, prefix):
        await topic.fill(lab.kafka, prefix + SESSION_EVENTS.name, events)
        await crm.wait_for(len(events), side)
        seen = await crm.seen()
        bodies = await crm.bodies()
    if wrong := misplaced_facts(bodies, len(events)):
        raise NotDrained(wrong)
    seconds = seen["last_at"] - seen["first_at"]
    allowed = ALLOWED_A_SECOND * (1 + seconds)  # what was saved up before is used, too
    value = seen["calls"] / allowed
    detail = {
        "allowed_per_s": ALLOWED_A_SECOND,
        "events": len(events),
        "seconds": round(seconds, 3),
        "refused_429": seen["refused"],
    }
    return [judged("crm/throttled", value, bar=0.95, better="higher", unit="ratio", detail=detail)]


@asynccontextmanager
async def notifier(lab: Lab, crm: Stub) -> AsyncIterator[tuple[Side, str]]:
    """Run crm-notifier on topics of its own; give their prefix."""
    prefix, port = f"b{secrets.token_hex(4)}-", free_port(set())
    await topics.create(lab.kafka, _TOPICS, prefix=prefix)
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
        "TOPIC_PREFIX": prefix,
        "CRM": "webhook",
        "WEBHOOK_URL": f"{crm.url}/hooks",
        "WEBHOOK_SECRET": _SECRET,
        "LOG_LEVEL": "warning",
        "HOST": LOOPBACK,
        "PORT": str(port),
    }
    named = {f"CRM_NOTIFIER_{name}": content for name, content in variables.items()}
    log = lab.logs / f"{prefix}crm-notifier.log"
    side = start([sys.executable, "-m", "crm_notifier"], log, named)
    try:
        await ready(side, port)
        yield side, prefix
    finally:
        await asyncio.to_thread(stop, side)
        await topics.delete(lab.kafka, _TOPICS, prefix=prefix)
