"""What all commands share: the installation they are about, and how lines are shown."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentctl.adapters.database import DatabaseTrouble
from agentctl.adapters.http import HttpTrouble
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.installation import Installation, NotKnown
from domain.ports.event_store import StoreFailure

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Unmasked: TypeAlias = Annotated[
    bool, typer.Option("--unmasked", help="Show what is personal, too.")
]
_ResultT = TypeVar("_ResultT")
_UNTOLD = "set it; in a checkout with a running stack (`make up`) no variable is needed"

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


@dataclass(frozen=True, slots=True)
class Session:
    """What a command is about."""

    site: Installation
    environ: Mapping[str, str]
    told_by: str
    """Where the installation was read from."""


def session(context: typer.Context) -> Session:
    """Return what the command line was begun with."""
    given: Session = context.obj()
    return given


def run(work: Coroutine[Any, Any, _ResultT]) -> _ResultT:
    """Run to the end; what cannot be done is told in a line, with exit code 1."""
    try:
        return asyncio.run(work)
    except (KafkaTrouble, DatabaseTrouble, HttpTrouble) as trouble:
        fail(f"{trouble}", trouble.mend)
    except StoreFailure as failure:
        fail(f"the store does not answer: {failure}")
    except NotKnown as missing:
        fail(str(missing), _UNTOLD)


def known(setting: Callable[[], _ResultT]) -> _ResultT:
    """Return what of the installation is needed, or say which variable is missing."""
    try:
        return setting()
    except NotKnown as missing:
        fail(str(missing), _UNTOLD)


def fail(line: str, mend: str = "") -> NoReturn:
    """Say why not, and leave with 1."""
    err.print(Text.assemble((line, "red"), f"\n  {mend}" if mend else ""))
    sys.exit(1)


def confirm(plan: Sequence[str], *, yes: bool) -> None:
    """Say what will be done; do it only when told to."""
    for line in plan:
        err.print(Text(line))
    if yes:
        return
    if not sys.stdin.isatty():
        fail("nothing was done", "say --yes")
    if not typer.confirm("Do it?", err=True):
        fail("nothing was done")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, no_wrap=True, overflow="ignore")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console(highlight=False, width=_width(columns, rows)).print(made)


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Let no column be cut: terminals wrap, and pipes take any length."""
    longest = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    return sum(longest) + 2 * len(longest) + 1
