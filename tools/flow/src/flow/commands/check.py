"""`flow check`."""

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.text import Text

from domain.session import InvalidFlow
from flow import shelf
from flow.commands.common import FLOWS, Folder, console, show
from flow.needs import needs
from flow.reading import InvalidTranscript, read


def check(*, flows: Folder = FLOWS) -> None:
    """Find all that is wrong with flows and transcripts, and list what flows need."""
    problems = [*_problems(flows)]
    for problem in problems:
        console.print(Text(problem, style="red"))
    if problems:
        raise typer.Exit(1)
    book = shelf.book(flows)
    for name, flow in sorted(book.current.items()):
        show([f"{name}  {flow.version}", *(f"  needs {one}" for one in needs(flow.definition))])
    count = len(book.current)
    console.print(f"{count} flow{'s are' if count > 1 else ' is'} fine.")


def _problems(folder: Path) -> Iterator[str]:
    try:
        shelf.book(folder)
    except InvalidFlow as wrong:
        yield str(wrong)
    for path in shelf.transcript_files(folder):
        try:
            read(path)
        except InvalidTranscript as wrong:
            yield str(wrong)
