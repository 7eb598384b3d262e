"""`memory/session-core`: what the service holds after a million commands more than before."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from bench import topic
from bench.claim import COMMANDS_A_PERSON, MIX, workload
from bench.draining import NotDrained, settled
from bench.installation import Installation
from bench.lab import Lab
from bench.results import Result, judged
from bench.sides import session_core

PORTIONS = 20
BEGIN = PORTIONS // 5
"""Portions until memory is full of people: what it holds then is the base."""
PEOPLE_IN_MEMORY = 2_000
"""Few, so that the bounded cache is full long before the base is taken."""
_PATIENCE_SECONDS = 900.0


async def memory(lab: Lab) -> Sequence[Result]:
    """Measure `memory/session-core`."""
    people = max(1, lab.sizes.commands // PORTIONS // COMMANDS_A_PERSON)
    resident: list[float] = []
    commands = 0
    async with (
        lab.installation() as place,
        session_core(
            place,
            lab.flows,
            lab.logs,
            people_in_memory=PEOPLE_IN_MEMORY,
            log_level="warning",
        ) as side,
    ):
        for number in range(PORTIONS):
            records = workload(people, begin=datetime.now(UTC), first=number * people)
            filled = await topic.fill(place.kafka, place.commands, records)
            await settled(side, place, filled, patience_s=_PATIENCE_SECONDS)
            commands += len(records)
            resident.append(side.resident_bytes() / 2**20)
            lab.say(f"after {commands:,} commands: {resident[-1]:,.1f} MiB")
        await _published(place)
    growth = resident[-1] - resident[BEGIN - 1]
    detail = {
        "commands": commands,
        "mix": MIX,
        "people_in_memory": PEOPLE_IN_MEMORY,
        "base_after_commands": commands * BEGIN // PORTIONS,
        "resident": [{"mib": round(one, 1)} for one in resident],
    }
    return [
        judged("memory/session-core", growth, bar=32, better="lower", unit="MiB", detail=detail)
    ]


async def _published(place: Installation) -> None:
    """Return when all that is stored is published, too. Raises NotDrained."""
    connection = await asyncpg.connect(place.database)
    try:
        for _ in range(300):
            behind = await connection.fetchval("SELECT sum(last_seq - published_seq) FROM shard")
            if behind == 0:
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise NotDrained(f"{behind} events are stored but not published")
