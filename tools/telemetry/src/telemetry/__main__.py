"""`wa-telemetry`: receive spans on a laptop, and look at a trace."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from telemetry.receiver import receiving
from telemetry.spans import read, tree

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def receive(
    file: Annotated[Path, typer.Argument(help="Each span becomes a line of JSON in it.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 4318,
) -> None:
    """Receive spans over OTLP/HTTP until Ctrl-C."""
    with receiving(file, port=port) as address:
        typer.echo(f"Receiving at {address}, writing to {file}")
        threading.Event().wait()


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="What `receive` wrote.")],
    trace: Annotated[str, typer.Option(help="Its id; the one that began last without.")] = "",
) -> None:
    """Print a trace as a tree."""
    spans = read(file)
    if not spans:
        typer.echo("no spans yet")
        raise typer.Exit(1)
    wanted = trace or max(spans, key=lambda span: span.begin).trace_id
    for depth, span in tree(one for one in spans if one.trace_id == wanted):
        took = (span.end - span.begin) / 1e6
        error = span.attributes.get("error.type")
        told = f"  failed: {error}" if error else ""
        typer.echo(f"{'  ' * depth}{span.service}: {span.name} ({took:.1f} ms){told}")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
