"""`flow graph`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flow import shelf
from flow.commands.terminal import FLOWS, Folder
from flow.drawing import svg
from flow.graph import graph
from flow.mermaid import mermaid

Name = Annotated[str, typer.Argument(help="The flow.")]
Picture = Annotated[
    Path | None, typer.Option("--svg", help="Write a picture to this file instead.")
]


def draw(name: Name, *, flows: Folder = FLOWS, picture: Picture = None) -> None:
    """Draw a flow: as Mermaid text, or as a picture (SVG)."""
    book = shelf.book(flows)
    known = {flow.name: flow.definition for flow in book.current.values()}
    drawn = graph(shelf.flow_of(book, name).definition, known)
    if picture is None:
        sys.stdout.write(mermaid(drawn))
    else:
        picture.write_text(svg(drawn), encoding="utf-8")
