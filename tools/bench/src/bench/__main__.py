"""`make bench`: measures, prints a table and writes `.run/bench.json`."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence
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
from bench.lab import Sizes, Unavailable, laboratory
from bench.machine import machine
from bench.report import show
from bench.results import Result
from bench.sides import SideFailed
from bench.store import NotWritten
from devstack.failure import StackError
from devstack.site import find_root

Found = TypeVar("Found")

DEFAULTS = Sizes()
PROFILE_VARIABLE = "BENCH_PROFILE"
"""Names the file for the cProfile statistics of session-core's side."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


TROUBLE = (StackError, UnknownBenchmark, Unavailable, SideFailed, NotDrained, NotWritten)


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
    try:
        found = _measure(chosen(name), sizes, console)
    except TROUBLE as failure:
        console.print(f"bench: {failure}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    if found:
        show(console, found, machine())


def _measure(benchmarks: Sequence[Benchmark], sizes: Sizes, console: Console) -> list[Result]:
    written = find_root(Path.cwd()) / ".run" / "bench.json"
    found: list[Result] = []
    console.print("Starting a Kafka and a PostgreSQL of its own")
    with laboratory(Path.cwd(), sizes, console) as lab:
        if statistics := os.environ.get(PROFILE_VARIABLE):
            _run(profile(lab, Path(statistics).absolute()))
            return []
        for benchmark in benchmarks:
            console.print(f"[bold]{', '.join(benchmark.names)}")
            measured = [_signed(result) for result in _run(benchmark.measure(lab))]
            results.write(written, measured)
            found.extend(measured)
    console.print(f"Written to {written}", soft_wrap=True)
    return found


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
