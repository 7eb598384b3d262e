"""`make bench`: measures, prints a table and writes `.run/bench.json`."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from bench import results
from bench.against_floor import profile
from bench.benchmarks import Benchmark, UnknownBenchmark, chosen
from bench.draining import NotDrained
from bench.lab import Lab, Sizes, Unavailable, laboratory
from bench.machine import machine
from bench.report import show
from bench.results import Result
from bench.sides import SideFailed
from bench.store import NotWritten
from devstack.failure import StackError

Found = TypeVar("Found")

DEFAULTS = Sizes()
PROFILE_VARIABLE = "BENCH_PROFILE"
"""Names the file for the cProfile statistics of session-core's side."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


TROUBLE = (Unavailable, SideFailed, NotDrained, NotWritten)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="One benchmark; all without it.")] = "",
    *,
    rounds: Annotated[
        int, typer.Option(min=1, help="Of both sides, alternating.")
    ] = DEFAULTS.rounds,
    people: Annotated[int, typer.Option(min=1, help="Who talk at once.")] = DEFAULTS.people,
    commands: Annotated[int, typer.Option(min=1, help="Of memory/*.")] = DEFAULTS.commands,
    sessions: Annotated[
        int, typer.Option(min=1, help="Stored, of */million-*.")
    ] = DEFAULTS.sessions,
    seconds: Annotated[
        float, typer.Option(min=1, help="Of each rate of latency/*.")
    ] = DEFAULTS.seconds,
) -> None:
    """Measure."""
    console = Console(highlight=False)
    sizes = Sizes(
        rounds=rounds, people=people, commands=commands, sessions=sessions, seconds=seconds
    )
    statistics = os.environ.get(PROFILE_VARIABLE)
    try:
        benchmarks = chosen(name)
        console.print("Starting a Kafka and a PostgreSQL of its own")
        with laboratory(Path.cwd(), sizes, console) as lab:
            if statistics:
                _run(profile(lab, Path(statistics).absolute()))
                return
            found = list(_measure(benchmarks, lab, lab.root / ".run" / "bench.json"))
    except (StackError, UnknownBenchmark) as failure:
        _complain(console, str(failure))
        sys.exit(1)
    show(console, found, machine())
    missing = {name for one in benchmarks for name in one.names} - {one.name for one in found}
    sys.exit(1 if missing else 0)


def _measure(benchmarks: Sequence[Benchmark], lab: Lab, written: Path) -> Iterator[Result]:
    """Give what was found and write it at once: later ones may fail, or be interrupted."""
    for benchmark in benchmarks:
        lab.console.print(f"[bold]{', '.join(benchmark.names)}")
        try:
            measured = [_signed(result) for result in _run(benchmark.measure(lab))]
        except TROUBLE as trouble:
            _complain(lab.console, str(trouble))
        else:
            results.write(written, measured)
            yield from measured


def _complain(console: Console, words: str) -> None:
    console.print(f"bench: {words}", style="red", markup=False, soft_wrap=True)


def _run(work: Coroutine[Any, Any, Found]) -> Found:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _signed(result: Result) -> Result:
    """Add what makes a figure comparable: the machine and the time."""
    context = {"machine": machine(), "measured_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    return result.model_copy(update={"detail": {**result.detail, **context}})


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
