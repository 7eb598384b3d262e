"""`flow events`."""

import json
import sys
from typing import Annotated

import typer
from rich.text import Text

from domain import codec
from flow import shelf
from flow.commands.terminal import FLOWS, Folder, console, show
from flow.reading import read
from flow.report import failure
from flow.trying import play_file

Name = Annotated[str, typer.Argument(help="The flow, or the file of its transcripts.")]
Transcript = Annotated[
    str | None, typer.Option("--transcript", help="Of this transcript only, by its name.")
]


def tell(name: Name, *, flows: Folder = FLOWS, transcript: Transcript = None) -> None:
    """Play transcripts, and print what happens: an event a line, as JSON."""
    book = shelf.book(flows)
    (path,) = shelf.chosen([name], flows)
    file = read(path)
    names = [one.name for one in file.transcripts.transcripts]
    if transcript is not None and transcript not in names:
        raise shelf.NotThere(f"there is no transcript {transcript}: there are {', '.join(names)}")
    for called, played in zip(names, play_file(file, book), strict=True):
        if transcript not in {None, called}:
            continue
        if played.failed is not None:
            show(failure(file, played.failed))
            console.print(Text("This transcript goes otherwise.", style="red"))
            raise typer.Exit(1)
        for event, _ in played.rehearsal.log:
            line = {"type": event.TYPE, "data": json.loads(codec.encode(event))}
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
