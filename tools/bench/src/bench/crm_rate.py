"""`crm/rate`, `crm/throttled`: a topic that fills at once, told to a CRM by webhook."""

import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bench import topic
from bench.draining import NotDrained
from bench.facts_for_crm import EVENTS_A_PERSON, misplaced_facts, told_events
from bench.fleet import Fleet, Service, fleet
from bench.lab import Lab
from bench.results import Result, judged
from bench.sender_rate import TIMES, Stub, Work, stub, take_turns
from devstack import topics
from domain.topics import (
    PARKED_BY_CRM_NOTIFIER,
    REDRIVEN_TO_CRM_NOTIFIER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)

ALLOWED_A_SECOND = 200.0
_AT_ONCE = 64
"""Calls under way: as many as crm-notifier makes."""
_TOPICS = (SESSION_EVENTS, SESSION_COMMANDS, PARKED_BY_CRM_NOTIFIER, REDRIVEN_TO_CRM_NOTIFIER)
_SECRET = "whsec_" + "c2VjcmV0" * 6
_THROTTLED_SECONDS = 20.0
"""For so long the CRM that throttles is to be kept busy."""


async def crm_rate(lab: Lab) -> Sequence[Result]:
    """Measure `crm/rate`."""
    people = lab.sizes.people * TIMES
    lab.say(f"{people * EVENTS_A_PERSON} events of {people} people")
    rounds = await take_turns(lab, Work(notifier, told_events, misplaced_facts, _AT_ONCE), people)
    detail = rounds.detail()
    return [judged("crm/rate", rounds.value, bar=0.6, better="higher", unit="ratio", detail=detail)]


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
async def notifier(lab: Lab, crm: Stub, instances: int = 1) -> AsyncIterator[tuple[Fleet, str]]:
    """Run crm-notifier on topics of its own; give their prefix."""
    prefix = f"b{secrets.token_hex(4)}-"
    await topics.create(lab.kafka, _TOPICS, prefix=prefix)
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
        "TOPIC_PREFIX": prefix,
        "CRM": "webhook",
        "WEBHOOK_URL": f"{crm.url}/hooks",
        "WEBHOOK_SECRET": _SECRET,
        "LOG_LEVEL": "warning",
    }
    service = Service([sys.executable, "-m", "crm_notifier"], "CRM_NOTIFIER_", variables, {})
    log, read = lab.logs / f"{prefix}crm-notifier.log", prefix + SESSION_EVENTS.name
    try:
        async with fleet(service, instances, log, read) as running:
            yield running, prefix
    finally:
        await topics.delete(lab.kafka, _TOPICS, prefix=prefix)
