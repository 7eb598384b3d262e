"""`cost/million-sessions` and `start/million-sessions`: whether what is stored slows us down."""

import asyncio
import os
import random
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from bench.claim import CommandRecord, continued
from bench.draining import Drained, drain
from bench.installation import database, execute, topics_of
from bench.lab import Lab
from bench.results import Result, judged, ratio
from bench.sides import session_core
from bench.starting import after_a_crash
from bench.store import NotWritten, stopwatch
from bench.stored import TURNS_STORED, Template, fill, template
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.use_cases.people import STRANGER, after

FEW = 1_000
SPEAKERS = 1_000
TURNS = range(TURNS_STORED + 1, TURNS_STORED + 4)
COMMANDS_A_SPEAKER = len(TURNS) * 5
_LOADING = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "'16GB'",
    "checkpoint_timeout": "'30min'",
    "maintenance_work_mem": "'1GB'",
}
_FILES = """
SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database
WHERE datname = current_database()
"""
_AT_ONCE = 1024 * 1024


async def million_sessions(lab: Lab) -> Sequence[Result]:
    """Measure both; the store is filled once."""
    made = await template(lab.flows)
    many, speakers = lab.sizes.sessions, _speakers(lab)
    everybody = [number for group in speakers for number in group]
    async with stored(lab, made, many, everybody) as address:
        few_runs, many_runs = [], []
        for number, group in enumerate(speakers[:-1]):
            async with stored(lab, made, FEW, range(1, FEW + 1)) as small:
                few_runs.append(await _speak(lab, small, made, range(1, len(group) + 1)))
            many_runs.append(await _speak(lab, address, made, group))
            lab.say(
                f"{_title(lab, number)}: {_micros(few_runs[-1]):,.0f} µs a command with {FEW:,},"
                f" {_micros(many_runs[-1]):,.0f} with {many:,} sessions"
            )
        starts = await after_a_crash(lab, address, made, speakers[-1])
    return [_cost(lab, made, few_runs[1:], many_runs[1:]), _start(lab, starts)]


@asynccontextmanager
async def stored(
    lab: Lab, made: Template, people: int, speakers: Collection[int]
) -> AsyncIterator[str]:
    """Give a database with so many people whose sessions wait for their next message."""
    async with database(lab.postgres, f"s{secrets.token_hex(4)}") as address:
        if people > FEW:
            lab.say(f"filling {people:,} sessions of {len(made.events) - 1} events each")
            await _set(lab, _LOADING)
        with stopwatch() as watch:
            connection = await asyncpg.connect(address)
            try:
                await fill(connection, made, people, speakers)
                size = await connection.fetchval("SELECT pg_database_size(current_database())")
            finally:
                await connection.close()
        await _spot_check(address, made, list(speakers)[:20])
        if people > FEW:
            await _set(lab, dict.fromkeys(_LOADING))
            await asyncio.to_thread(os.sync)  # what was filled in is not to be written meanwhile
            lab.say(f"filled in {watch.seconds:.0f} s: {size / 2**30:.1f} GiB")
        yield address


async def _speak(lab: Lab, address: str, made: Template, people: Collection[int]) -> Drained:
    """Let these people say their next things to a service that remembers nobody yet."""
    records = _next(made, people)
    await execute(address, "UPDATE shard SET next_offset = 0, published_seq = last_seq")
    await lab.restart_postgres()
    await _lies_in_memory(address)
    async with (
        topics_of(lab.kafka, address) as place,
        session_core(place, lab.flows, lab.logs, log_level="warning") as side,
    ):
        return await drain(side, place, records)


async def _lies_in_memory(address: str) -> None:
    """Have the system hold the tables' files: what is measured is the store, not the disk."""
    connection = await asyncpg.connect(address)
    try:
        where = await connection.fetchval(_FILES)
    finally:
        await connection.close()
    await asyncio.to_thread(_read_through, Path(where))


def _read_through(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb", buffering=0) as file:
            while file.read(_AT_ONCE):
                pass


def _next(made: Template, people: Collection[int]) -> Sequence[CommandRecord]:
    places = {number: made.place(number) for number in people}
    return continued(places, TURNS, begin=datetime.now(UTC))


def _speakers(lab: Lab) -> list[list[int]]:
    """Give other people for the warm-up, for each round and for the starts."""
    groups = lab.sizes.rounds + 2
    most = min(SPEAKERS, lab.sizes.sessions // groups)
    chance = random.Random(lab.sizes.sessions)  # noqa: S311 not a secret
    everybody = chance.sample(range(1, lab.sizes.sessions + 1), groups * most)
    return [everybody[at : at + most] for at in range(0, len(everybody), most)]


async def _spot_check(address: str, made: Template, people: Collection[int]) -> None:
    """Raise NotWritten unless what was filled in comes back as people who wait for an answer."""
    connections = Connections(address)
    try:
        contacts = [made.place(number).contact for number in people]
        histories = await PostgresEventStore(connections).load([], contacts)
    finally:
        await connections.close()
    for contact in contacts:
        person = after(STRANGER, histories.people[contact].events).person
        if person.open_session is None or person.contact_id != contact:
            raise NotWritten("a stored person does not come back as one who waits")


async def _set(lab: Lab, settings: dict[str, str] | dict[str, None]) -> None:
    await execute(
        lab.postgres,
        *(
            f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = {value}"
            for name, value in settings.items()
        ),
    )
    await lab.restart_postgres()


def _micros(run: Drained) -> float:
    return run.seconds / run.commands * 1e6


def _title(lab: Lab, number: int) -> str:
    return f"round {number} of {lab.sizes.rounds}" if number else "warm-up"


def _cost(lab: Lab, made: Template, few: Sequence[Drained], many: Sequence[Drained]) -> Result:
    detail = {
        "sessions": {"few": FEW, "many": lab.sizes.sessions},
        "events_a_session": len(made.events) - 1,
        "people_speaking": few[0].commands // COMMANDS_A_SPEAKER,
        "commands": [few[0].commands, many[0].commands],
        "few": [_figures(run) for run in few],
        "many": [_figures(run) for run in many],
    }
    value = ratio([_micros(run) for run in many], [_micros(run) for run in few])
    return judged(
        "cost/million-sessions", value, bar=1.2, better="lower", unit="ratio", detail=detail
    )


def _figures(run: Drained) -> dict[str, float]:
    cpu = run.cpu_seconds / run.commands * 1e6
    return {"us_per_command": round(_micros(run), 1), "cpu_us_per_command": round(cpu, 1)}


def _start(lab: Lab, seconds: Sequence[float]) -> Result:
    runs: list[dict[str, Any]] = [{"s_to_first_event": round(one, 2)} for one in seconds]
    detail = {"sessions": lab.sizes.sessions, "starts": runs}
    value = sorted(seconds)[len(seconds) // 2]
    return judged("start/million-sessions", value, bar=5, better="lower", unit="s", detail=detail)
