"""`append/copy`: our append against bare COPY of the same rows into the same table."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bench.claim import workload
from bench.corpus import COLUMNS
from bench.facts import facts
from bench.lab import Lab
from bench.results import Result, judged, ratio
from bench.rounds import alternate
from bench.store import Bed, bed, in_chunks, seldom_collecting, stopwatch

EVENTS_A_CALL = 500


async def against_copy(lab: Lab) -> Sequence[Result]:
    """Measure `append/copy`: encoded events, one connection a side, a database each."""
    decided = await facts(workload(lab.sizes.people, begin=datetime.now(UTC)), lab.flows)
    chunks = in_chunks([fact.stored() for fact in decided], EVENTS_A_CALL)
    async with bed(lab.postgres) as ours, bed(lab.postgres) as copy:
        for chunk in chunks:
            await ours.append(chunk)
        rows = in_chunks(await ours.rows(), EVENTS_A_CALL)

        async def append(number: int) -> float:
            with stopwatch() as watch:
                await ours.append(chunks[number])
            return watch.seconds

        async def bare(number: int) -> float:
            with stopwatch() as watch:
                await copy.bare.copy_records_to_table(
                    "event", records=rows[number], columns=COLUMNS
                )
            return watch.seconds

        with seldom_collecting():
            rounds = await alternate(
                lab,
                {"append": append, "copy": bare},
                calls=len(chunks),
                units=len(chunks) * EVENTS_A_CALL,
                begin=lambda: _empty(ours, copy),
                check=lambda: _check(len(chunks) * EVENTS_A_CALL, ours, copy),
            )
    value = ratio([one["append"] for one in rounds], [one["copy"] for one in rounds])
    detail = {
        "events_a_call": EVENTS_A_CALL,
        "calls": len(chunks),
        **{
            side: [{"events_per_s": round(one[side])} for one in rounds]
            for side in ("append", "copy")
        },
    }
    return [judged("append/copy", value, bar=0.7, better="higher", unit="ratio", detail=detail)]


async def _empty(*beds: Bed) -> None:
    for one in beds:
        await one.empty()


async def _check(events: int, *beds: Bed) -> None:
    for one in beds:
        await one.check(events)
