"""`cost/million-timers`: whether timers that are not due yet make commands any dearer."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from bench import claim
from bench.claim import CommandRecord, workload
from bench.draining import Drained, drain
from bench.installation import database, execute, topics_of
from bench.lab import Lab, Unavailable
from bench.results import Result, judged, ratio
from bench.sides import session_core
from domain.topics import PARTITIONS

_FILL = f"""
INSERT INTO timer (session_id, kind, shard, contact_id, due_at)
SELECT gen_random_uuid(), 'session-expiry', n % {PARTITIONS}, gen_random_uuid(),
    now() + interval '30 days' + n * interval '1 second'
FROM generate_series(1, $1::int) AS n
"""  # noqa: S608 a number of ours


async def million_timers(lab: Lab) -> Sequence[Result]:
    """Measure `cost/million-timers`: the same people on a store with and one without timers."""
    async with (
        database(lab.postgres, f"t{secrets.token_hex(4)}") as none,
        database(lab.postgres, f"t{secrets.token_hex(4)}") as many,
    ):
        await fill(many, lab.sizes.sessions)
        lab.say(f"{lab.sizes.sessions:,} timers wait on one side")
        few_runs, many_runs = [], []
        for number in range(lab.sizes.rounds + 1):
            records = workload(
                lab.sizes.people, begin=datetime.now(UTC), first=number * lab.sizes.people
            )
            few_runs.append(await _speak(lab, none, records))
            many_runs.append(await _speak(lab, many, records))
            lab.say(
                f"{f'round {number} of {lab.sizes.rounds}' if number else 'warm-up'}:"
                f" {_micros(few_runs[-1]):,.1f} µs a command without,"
                f" {_micros(many_runs[-1]):,.1f} with timers"
            )
    return [_result(lab, few_runs[1:], many_runs[1:])]


async def fill(address: str, timers: int) -> None:
    """Let so many timers wait that are not due for a month. Raises Unavailable."""
    connection = await asyncpg.connect(address)
    try:
        if await connection.fetchval("SELECT to_regclass('timer')") is None:
            raise Unavailable("the store has no table `timer`: migration 0002_timers brings it")
        await connection.execute(_FILL, timers)
        await connection.execute("VACUUM (ANALYZE) timer")
    finally:
        await connection.close()


async def _speak(lab: Lab, address: str, records: Sequence[CommandRecord]) -> Drained:
    await execute(address, "UPDATE shard SET next_offset = 0, published_seq = last_seq")
    async with (
        topics_of(lab.kafka, address) as place,
        session_core(place, lab.flows, lab.logs, log_level="warning") as side,
    ):
        return await drain(side, place, records)


def _micros(run: Drained) -> float:
    return run.seconds / run.commands * 1e6


def _result(lab: Lab, few: Sequence[Drained], many: Sequence[Drained]) -> Result:
    detail = {
        "timers": lab.sizes.sessions,
        "commands": few[0].commands,
        "mix": claim.MIX,
        "without": [{"us_per_command": round(_micros(run), 1)} for run in few],
        "with": [{"us_per_command": round(_micros(run), 1)} for run in many],
    }
    value = ratio([_micros(run) for run in many], [_micros(run) for run in few])
    return judged(
        "cost/million-timers", value, bar=1.05, better="lower", unit="ratio", detail=detail
    )
