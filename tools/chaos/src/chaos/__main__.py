"""`make chaos`: torment the system for some minutes, then show which promises it kept."""

import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chaos.report import Report
from chaos.run import Order, run
from chaos.schedule import plan
from devstack.failure import StackError
from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack

PEOPLE_PER_MINUTE = 60
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def chaos(
    minutes: Annotated[float, typer.Option(min=0.2, help="How long faults happen.")] = 5,
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same faults.")] = None,
    people: Annotated[int | None, typer.Option(min=1, help="How many come; 60 a minute.")] = None,
    *,
    show_plan: Annotated[bool, typer.Option("--plan", help="Only print the faults.")] = False,
    keep: Annotated[bool, typer.Option(help="Keep Kafka's log of a run that broke.")] = False,
) -> None:
    """Kill, stop and cut everything while people talk; then check what was promised."""
    chosen = secrets.randbelow(10**6) if seed is None else seed
    count = people or max(1, round(minutes * PEOPLE_PER_MINUTE))
    console = Console(highlight=False)
    if show_plan:
        console.print(*map(str, plan(chosen, minutes)), sep="\n", markup=False)
        return
    console.print(f"Seed {chosen}, {minutes:g} minutes, {count} people")
    report = torment(Order(chosen, minutes, count), console, keep=keep)
    report.show(console)
    sys.exit(0 if report.holds else 1)


def torment(order: Order, console: Console, *, keep: bool = False) -> Report:
    """Run in a folder of its own, and leave the report and the logs in `.run`.

    With `keep` also Kafka's data, when something broke.
    """
    root = find_root(Path.cwd())
    begin = time.monotonic()

    def tell(line: str) -> None:
        console.print(f"{time.monotonic() - begin:7.1f}  {line}", markup=False, soft_wrap=True)

    with tempfile.TemporaryDirectory(prefix="whatsapp-agent-chaos-") as place:
        folder = Path(place)
        try:
            with leash(root, folder):
                try:
                    report = asyncio.run(run(order, root, folder, tell))
                    if keep and not report.holds:
                        Stack(root, folder).down()
                        _copy(folder / "data" / "kafka", root / ".run" / "chaos-kafka")
                finally:
                    _copy(folder / "logs", root / ".run" / "chaos-logs")
        except StackError as failure:
            console.print(f"chaos: seed {order.seed}: {failure}", style="red", markup=False)
            sys.exit(1)
    report.write(root / ".run" / "chaos.json")
    return report


def _copy(folder: Path, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, kept)


def main() -> None:
    """Run the command line."""
    logging.getLogger().addHandler(logging.NullHandler())
    app()


if __name__ == "__main__":
    main()
