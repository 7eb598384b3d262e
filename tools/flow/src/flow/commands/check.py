"""`flow check`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from domain.session import InvalidFlow
from flow import shelf
from flow.commands.terminal import FLOWS, Folder, console, show
from flow.needs import needs
from flow.reading import InvalidTranscript, read
from streaming.counting import counted

Names = Annotated[
    list[str] | None, typer.Argument(help="List these, and what they need; without any, all.")
]
Needs = Annotated[bool, typer.Option("--needs", help="List what all of them need.")]


def check(names: Names = None, *, flows: Folder = FLOWS, all_needs: Needs = False) -> None:
    """Find all that is wrong with flows and transcripts: all files count together."""
    problems = [*_problems(flows)]
    for problem in problems:
        console.print(Text(problem, style="red"))
    if problems:
        raise typer.Exit(1)
    book = shelf.book(flows)
    for flow in [shelf.flow_of(book, name) for name in names or sorted(book.current)]:
        needed = needs(flow.definition) if names or all_needs else ()
        show([f"{flow.name}  {flow.version}", *(f"  needs {one}" for one in needed)])
    count = len(book.current)
    console.print(f"{counted(count, 'flow')} {'is' if count == 1 else 'are'} fine.")


def _problems(folder: Path) -> Iterator[str]:
    known: list[str] = []
    try:
        known = sorted(shelf.book(folder).current)
    except InvalidFlow as wrong:
        yield str(wrong)
    for path in shelf.transcript_files(folder):
        try:
            file = read(path)
        except InvalidTranscript as wrong:
            yield str(wrong)
            continue
        flow = file.transcripts.flow
        if known and flow not in known:
            where = f"{path}:{file.lines.line(('flow',))}"
            yield f"{where}: there is no flow {flow}: there are {', '.join(known)}"
