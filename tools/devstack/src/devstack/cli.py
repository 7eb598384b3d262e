"""The commands a person types."""

import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from devstack import services
from devstack.failure import StackError
from devstack.progress import download_report
from devstack.site import find_root
from devstack.stack import Stack

app = typer.Typer(
    help="Kafka, PostgreSQL, S3, the services and the simulator as processes of this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_console = Console()
Name = Annotated[str, typer.Argument(help="e.g. kafka, postgres, s3, simulator, sender")]


@contextmanager
def _stack() -> Iterator[Stack]:
    with download_report(_console) as report:
        yield Stack(find_root(Path.cwd()), report=report)


@app.command()
def up() -> None:
    """Start everything that does not run yet and return when all of it is ready."""
    begin = time.monotonic()
    with _console.status("Starting the stack"), _stack() as stack:
        known = stack.up()
    _console.print(f"Ready in {time.monotonic() - begin:.0f} s.")
    _console.print(f"  Chat page   {known.simulator}/", soft_wrap=True)
    _console.print(f"  Webhook     {known.ingress}/webhook", soft_wrap=True)
    _console.print(f"  Kafka       {known.kafka}", soft_wrap=True)
    if api := known.services["session-core"].api:
        _console.print(f"  Query API   {api}", soft_wrap=True)
    _console.print(f"  Everything  {stack.site.endpoints}", soft_wrap=True)
    _console.print("`make status` looks after it, `make down` ends it.")


@app.command()
def infra() -> None:
    """Start Kafka with its topics, PostgreSQL and S3 alone."""
    with _console.status("Starting Kafka, PostgreSQL and S3"), _stack() as stack:
        known = stack.infra()
    _console.print(f"Kafka {known.kafka}, S3 {known.s3.endpoint_url}", soft_wrap=True)
    _console.print(f"Passwords and all else: {stack.site.endpoints}", soft_wrap=True)


@app.command()
def down(
    *, wipe: Annotated[bool, typer.Option(help="Also remove all data of this checkout.")] = False
) -> None:
    """Stop everything; conversations and files stay for the next `up`."""
    with _console.status("Stopping the stack"), _stack() as stack:
        stack.down(wipe=wipe)
    _console.print("Nothing runs." + (" All data is gone." if wipe else " The data is kept."))


@app.command()
def wipe() -> None:
    """Stop everything and remove all data of this checkout."""
    down(wipe=True)


@app.command()
def status(
    name: Annotated[
        str | None, typer.Argument(help="Of this one alone, e.g. kafka or sender.")
    ] = None,
) -> None:
    """Show how every process fares; the exit code is 1 when one died or is not ready."""
    with _stack() as stack:
        rows = stack.status(name)
    table = Table("process", "condition", "pid", "address", "since", box=None)
    for row in rows:
        since = timedelta(seconds=int(time.time() - row.started_at)) if row.started_at else ""
        condition = f"{row.condition}, see below" if row.note else row.condition
        table.add_row(row.name, condition, str(row.pid or ""), row.address, str(since))
    _console.print(table)
    for row in rows:
        if row.note:
            _console.print(f"{row.name} says: {row.note}", markup=False, soft_wrap=True)
    if any(row.condition in {"died", "not ready"} for row in rows):
        raise typer.Exit(1)


@app.command()
def start(
    name: Name,
    *,
    wait: Annotated[bool, typer.Option(help="Return when it is ready.")] = True,
) -> None:
    """Start one process and wait until it is ready."""
    with _stack() as stack:
        stack.start(name, wait=wait)


@app.command()
def stop(name: Name) -> None:
    """Stop one process in good order."""
    with _stack() as stack:
        stack.stop(name)


@app.command()
def restart(name: Name) -> None:
    """Stop one process and start it again at the same address."""
    with _stack() as stack:
        stack.restart(name)


@app.command()
def kill(name: Name) -> None:
    """End one process at once (SIGKILL)."""
    with _stack() as stack:
        stack.kill(name)


@app.command()
def pause(name: Name) -> None:
    """Freeze one process (SIGSTOP)."""
    with _stack() as stack:
        stack.pause(name)


@app.command()
def resume(name: Name) -> None:
    """Let a frozen process go on (SIGCONT)."""
    with _stack() as stack:
        stack.resume(name)


@app.command()
def scale(service: Name, instances: Annotated[int, typer.Argument(max=50)]) -> None:
    """Run exactly so many instances of a service, one at least."""
    with _stack() as stack:
        stack.scale(service, instances)


@app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run(
    service: Name,
    arguments: Annotated[list[str], typer.Argument(help="e.g. sessions --handed-off")],
) -> None:
    """Run a command of a service against this stack: `devstack run session-core sessions`."""
    environment = Stack(find_root(Path.cwd())).environment(service)
    program = [sys.executable, "-m", services.module_of(service), *arguments]
    os.execvpe(program[0], program, {**os.environ, **environment})  # noqa: S606 - our own modules


@app.command()
def logs(
    name: Name, lines: Annotated[int, typer.Option("--lines", "-n", help="How many.")] = 100
) -> None:
    """Print the end of a process's log."""
    stack = Stack(find_root(Path.cwd()))
    log = stack.site.log(name)
    if not log.exists():
        stack.known(name)
        raise StackError(f"{name} has no log yet ({log})")
    for line in log.read_text(errors="replace").splitlines()[-lines:]:
        typer.echo(line)


def main() -> None:
    """Run a command; a failure is one line and exit code 1."""
    logging.getLogger().addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except StackError as failure:
        typer.echo(f"devstack: {failure}", err=True)
        sys.exit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
