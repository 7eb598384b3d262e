"""What the command line takes, with its bounds."""

from typing import Annotated
from uuid import UUID

import typer

_LAST_SHARD, _LAST_OFFSET, _MOST = 2**15 - 1, 2**63 - 1, 2**31 - 1
"""Beyond these the database has no number."""
_MESSAGE = "Anything but plain words, as JSON: a template, a file, buttons (docs/reference)."
_QUOTES = "The wamid of the person's message that this one answers."
_FALLBACK = "The template that goes out instead if the 24-hour window is closed, as JSON."
_VAR = "A value for the flow: name=words, or name:=JSON for anything else. May be repeated."
_LANGUAGE = "In which the person is spoken to, where they have chosen none, such as es."
_FOUND = "What was found, as a JSON object; its members are what the flow can name."
_UNMASKED = "Also show answers that the flow's author wants hidden."
_WAIT = (
    "Print the events that it leads to, and what comes of a reply that it asks for; exit code 1"
    " if there are none, it was parked, or the reply failed."
)

Session = Annotated[UUID, typer.Option("--session", help="The session's id.")]
Message = Annotated[str | None, typer.Option(help=_MESSAGE)]
Quotes = Annotated[str | None, typer.Option(help=_QUOTES)]
Fallback = Annotated[str | None, typer.Option(help=_FALLBACK)]
Vars = Annotated[list[str] | None, typer.Option("--var", help=_VAR)]
Language = Annotated[str | None, typer.Option(help=_LANGUAGE)]
Lookup = Annotated[UUID, typer.Option("--lookup", help="The id in `lookup.requested`.")]
FoundData = Annotated[str | None, typer.Option("--found", help=_FOUND)]
NotFound = Annotated[bool, typer.Option("--not-found", help="It is not there.")]
Failed = Annotated[bool, typer.Option("--failed", help="Nobody could find out.")]
Unmasked = Annotated[bool, typer.Option("--unmasked", help=_UNMASKED)]
Wait = Annotated[bool, typer.Option("--wait", help=_WAIT)]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option(min=1, max=_MOST)]
Shard = Annotated[int | None, typer.Option(min=0, max=_LAST_SHARD, help="Only of this partition.")]
Offsets = Annotated[
    list[int] | None,
    typer.Option("--offset", min=0, max=_LAST_OFFSET, help="May be repeated."),
]
Everything = Annotated[bool, typer.Option("--all", help="All that `parked --waiting` lists.")]
Reason = Annotated[str, typer.Option(help="With --all: how the reason must begin.")]
Halted = Annotated[
    int, typer.Option("--shard", min=0, max=_LAST_SHARD, help="The shard that was halted.")
]
Most = Annotated[int, typer.Option(min=1, max=_MOST, help="Commands within five minutes.")]
