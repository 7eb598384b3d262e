"""The command line `flow`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from domain.session import InvalidFlow
from flow import schema, shelf
from flow.drawing import svg
from flow.graph import graph as graph_of
from flow.mermaid import mermaid
from flow.reading import InvalidTranscript, read
from flow.report import coverage, failures
from flow.trying import play_file
from flow.visiting import Visits, covered, watched

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Write, check, try and test flows. No services are needed unless a command says so.",
)
Folder = Annotated[Path, typer.Option("--flows", help="The folder of the flows.")]
FLOWS = Path("flows")
console = Console(highlight=False, soft_wrap=True)


@app.command("test")
def try_out(
    names: Annotated[list[str] | None, typer.Argument(help="Flows or files; all if none.")] = None,
    *,
    flows: Folder = FLOWS,
    cover: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of each flow's steps to be reached.")
    ] = 0,
) -> None:
    """Play transcripts, and show what goes otherwise."""
    visits = Visits()
    book = shelf.book(flows)
    watched_book = watched(book, visits)
    files = [read(path) for path in shelf.chosen(names or [], flows)]
    failed = count = 0
    for file in files:
        played = [*play_file(file, watched_book, visits)]
        _show(failures(file, played))
        failed += sum(one.failed is not None for one in played)
        count += len(played)
    tested = {file.transcripts.flow for file in files} if names else {*book.current}
    found = [*covered({name: shelf.flow_of(book, name) for name in sorted(tested)}, visits)]
    where = {one.flow.name: shelf.file_of(flows, one.flow) for one in found}
    _show(coverage(found, {} if failed else where))
    console.print(f"{count - failed} of {count} transcripts go as written.")
    too_little = [one.flow.name for one in found if one.share < cover]
    if too_little:
        console.print(f"Less than {cover:g} % of the steps: {', '.join(too_little)}", style="red")
    raise typer.Exit(1 if failed or too_little else 0)


@app.command()
def graph(
    name: Annotated[str, typer.Argument(help="The flow.")],
    *,
    flows: Folder = FLOWS,
    picture: Annotated[
        Path | None, typer.Option("--svg", help="Write a picture to this file instead.")
    ] = None,
) -> None:
    """Draw a flow: as Mermaid text, or as a picture (SVG)."""
    book = shelf.book(flows)
    known = {flow.name: flow.definition for flow in book.current.values()}
    drawn = graph_of(shelf.flow_of(book, name).definition, known)
    if picture is None:
        sys.stdout.write(mermaid(drawn))
    else:
        picture.write_text(svg(drawn), encoding="utf-8")


@app.command("schema")
def show_schema(
    *, tests: Annotated[bool, typer.Option("--tests", help="That of transcripts.")] = False
) -> None:
    """Print the JSON Schema of flows, for editors that complete and check."""
    shape = schema.transcript_schema() if tests else schema.flow_schema()
    sys.stdout.write(schema.text(shape))


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(Text(line, style=_style(line)))


def _style(line: str) -> str:
    return {"-": "red", "+": "green", "?": "dim"}.get(line.strip()[:1], "")


def main() -> None:
    """Run the command line. Exits with 1 when something is wrong with flows or transcripts."""
    try:
        app()
    except (InvalidFlow, InvalidTranscript, shelf.NotThere) as problem:
        console.print(Text(str(problem), style="red"))
        sys.exit(1)


if __name__ == "__main__":
    main()
