"""The command line `flow`."""

import sys

import typer
from rich.text import Text

from domain.session import InvalidFlow
from flow.commands import check, graph, past, play, schema, telling, test
from flow.commands.terminal import console
from flow.keeping import CannotKeep
from flow.reading import InvalidTranscript
from flow.shelf import NotThere

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Write, check, play and test flows. Nothing has to run, unless a command says so.",
)
app.command("check")(check.check)
app.command("test")(test.run)
app.command("play")(play.play)
app.command("graph")(graph.draw)
app.command("events")(telling.tell)
app.command("record")(past.keep)
app.command("whatif")(past.whatif)
app.command("schema")(schema.show)


def main() -> None:
    """Run the command line. Exits with 1 when something is wrong with flows or transcripts."""
    try:
        app()
    except (CannotKeep, InvalidFlow, InvalidTranscript, NotThere) as problem:
        console.print(Text(str(problem), style="red"))
        sys.exit(1)


if __name__ == "__main__":
    main()
