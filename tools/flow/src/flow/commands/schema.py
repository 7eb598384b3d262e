"""`flow schema`."""

import sys
from typing import Annotated

import typer

from flow import schema

Tests = Annotated[bool, typer.Option("--tests", help="That of transcripts.")]


def show(*, tests: Tests = False) -> None:
    """Print the JSON Schema of flows, for editors that complete and check."""
    shape = schema.transcript_schema() if tests else schema.flow_schema()
    sys.stdout.write(schema.text(shape))
