"""`session-core/floor` and `session-core/one-transaction-per-message`: the whole service, timed."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import claim
from bench.claim import COMMANDS_A_PERSON, CommandRecord, workload
from bench.corpus import Corpus, corpus
from bench.draining import Drained, drain
from bench.fleet import INSTANCES, Fleet
from bench.lab import Lab
from bench.results import Result, judged, ratio
from bench.sides import floor, session_core

TIMES = 3
"""As many people as elsewhere: the fewer, the more unequal are the shares of two instances."""
_ONE_BY_ONE_PEOPLE = 20
"""One commit a command is slow: few people are enough for many seconds."""


async def profile(lab: Lab, statistics: Path) -> None:
    """Run session-core's side alone, for whoever wants to see where its time goes."""
    run, _ = await _ours(lab, _records(lab), profile=statistics)
    lab.say(f"session-core alone, under cProfile: {run.figures()}")


async def against_floor(lab: Lab) -> Sequence[Result]:
    """Measure `session-core/floor`."""
    people = lab.sizes.people * TIMES
    records = _records(lab, people)
    lab.say(f"{len(records)} commands of {people} people; warming up")
    warm, written = await _ours(lab, records)
    await _floor(lab, records, written)
    together, alone, theirs, batched = [], [], [], []
    for number in range(1, lab.sizes.rounds + 1):
        together.append(await _all_of_ours(lab, records))
        alone.append((await _ours(lab, records))[0])
        theirs.append(await _floor(lab, records, written))
        batched.append(await _floor(lab, records, written, whole_batches=True))
        _tell(lab, number, together[-1], theirs[-1], "floor")
        lab.say(
            f"    one instance: {alone[-1].rate:,.0f},"
            f" floor that hands over whole batches: {batched[-1].rate:,.0f}"
        )
    rates, floors = [run.rate for run in together], [run.rate for run in theirs]
    detail = {
        "commands": len(records),
        "people": people,
        "mix": claim.MIX,
        "events_per_command": round(warm.events / len(records), 3),
        **written.sizes(),
        "instances": INSTANCES,
        "ratio_to_floor_in_whole_batches": ratio(rates, [run.rate for run in batched]),
        "ratio_of_one_instance": ratio([run.rate for run in alone], floors),
        "all_instances": [run.figures() for run in together],
        "one_instance": [run.figures() for run in alone],
        "floor": [run.figures() for run in theirs],
        "floor_in_whole_batches": [run.figures() for run in batched],
    }
    return [_result("session-core/floor", ratio(rates, floors), 0.5, detail)]


async def against_itself(lab: Lab) -> Sequence[Result]:
    """Measure `session-core/one-transaction-per-message`."""
    records, few = _records(lab), _records(lab, _ONE_BY_ONE_PEOPLE)
    lab.say(f"{len(records)} commands in batches, {len(few)} one by one; warming up")
    await _ours(lab, records)
    batched, single = [], []
    for number in range(1, lab.sizes.rounds + 1):
        batched.append((await _ours(lab, records))[0])
        single.append((await _ours(lab, few, batch_commands=1))[0])
        _tell(lab, number, batched[-1], single[-1], "batches of one")
    value = ratio([run.rate for run in batched], [run.rate for run in single])
    detail = {
        "commands": {"batched": len(records), "one_by_one": len(few)},
        "mix": claim.MIX,
        "batched": [run.figures() for run in batched],
        "one_by_one": [run.figures() for run in single],
    }
    return [_result("session-core/one-transaction-per-message", value, 10, detail)]


async def _ours(
    lab: Lab,
    records: Sequence[CommandRecord],
    *,
    profile: Path | None = None,
    **settings: object,
) -> tuple[Drained, Corpus]:
    async with (
        lab.installation() as place,
        session_core(
            place,
            lab.flows,
            lab.logs,
            profile=profile,
            log_level="warning",
            **settings,
        ) as side,
    ):
        run = await drain(side, place, records)
        return run, await corpus(place, run.seen)


async def _all_of_ours(lab: Lab, records: Sequence[CommandRecord]) -> Drained:
    """Measure as many instances as the machine has cores; they share the shards."""
    async with lab.installation() as place, AsyncExitStack() as running:
        sides = [
            await running.enter_async_context(
                session_core(
                    place,
                    lab.flows,
                    lab.logs,
                    instance_id=f"session-core-{number}",
                    log_level="warning",
                )
            )
            for number in range(1, INSTANCES + 1)
        ]
        await place.shared_by(len(sides))
        return await drain(Fleet(sides), place, records)


async def _floor(
    lab: Lab, records: Sequence[CommandRecord], written: Corpus, *, whole_batches: bool = False
) -> Drained:
    expected = claim.counts(records)
    async with (
        lab.installation() as place,
        floor(place, written, expected, lab.logs, whole_batches=whole_batches) as side,
    ):
        return await drain(side, place, records)


def _records(lab: Lab, people: int | None = None) -> Sequence[CommandRecord]:
    people = people or lab.sizes.people
    records = workload(people, begin=datetime.now(UTC))
    if len(records) != people * COMMANDS_A_PERSON:
        raise AssertionError("the mix is not what it is said to be")
    return records


def _tell(lab: Lab, number: int, ours: Drained, theirs: Drained, name: str) -> None:
    lab.say(
        f"round {number} of {lab.sizes.rounds}: session-core {ours.rate:,.0f} commands/s"
        f" ({ours.cpu_seconds:.1f} s CPU), {name} {theirs.rate:,.0f}"
        f" ({theirs.cpu_seconds:.1f} s CPU): {ours.rate / theirs.rate:.3f}"
    )


def _result(name: str, value: float, bar: float, detail: dict[str, Any]) -> Result:
    return judged(name, value, bar=bar, better="higher", unit="ratio", detail=detail)
