"""`flow play`."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from domain import events
from domain.session import UnknownFlow
from domain.session.flows.flow import Flow
from flow import shelf
from flow.acting import CannotDo
from flow.commands.terminal import FLOWS, Folder, console
from flow.keeping import CannotKeep, add, room
from flow.playing import HELP, NotUnderstood, shown, understood
from flow.reading import InvalidTranscript
from flow.rehearsal import NOON, NeverRests, Rehearsal
from flow.transcript import Somebody, Turn
from flow.trying import keep_files, perform
from flow.writing import expected, written

Name = Annotated[str, typer.Argument(help="The flow.")]
Language = Annotated[str | None, typer.Option(help="The person's language.")]
PersonName = Annotated[str, typer.Option("--as", help="The person's name.")]
At = Annotated[datetime | None, typer.Option(help="When it begins; Monday noon if not said.")]
Var = Annotated[
    list[str] | None, typer.Option("--var", help="name=value: the business begins, with these.")
]
Save = Annotated[
    Path | None,
    typer.Option(help="Add what was played to this file of transcripts; what is there stays."),
]
Title = Annotated[str | None, typer.Option("--name", help="The name of that transcript.")]
_UNNAMED = "As it was played"


def play(
    name: Name,
    *,
    flows: Folder = FLOWS,
    language: Language = None,
    person: PersonName = "Ana",
    at: At = None,
    var: Var = None,
    save: Save = None,
    title: Title = None,
) -> None:
    """Hold a conversation here in the terminal. Nothing has to run; time passes when you say so."""
    book = shelf.book(flows)
    flow = shelf.flow_of(book, name)
    if save is not None:
        room(save, flow.name, title, _UNNAMED)
    who = Somebody(name=person, language=language)
    moment = (at if at.tzinfo else at.astimezone()) if at else NOON
    rehearsal = Rehearsal(book, who, moment)
    turns = [*_turns(rehearsal, flow, _variables(flow, var))]
    if save is not None and turns:
        _save(save, flow, _transcript(title, who, moment, turns))


def _variables(flow: Flow, var: list[str] | None) -> dict[str, Any] | None:
    """Return what the business begins with, or none where the person begins."""
    triggers = flow.definition.triggers
    people = (triggers.keywords, triggers.patterns, triggers.referrals, triggers.template_buttons)
    if not var:
        return None if triggers.default or any(people) else {}
    return {one.partition("=")[0]: _value(one.partition("=")[2]) for one in var}


def _value(told: str) -> Any:
    try:
        return json.loads(told)
    except ValueError:
        return told


def _turns(
    rehearsal: Rehearsal, flow: Flow, variables: dict[str, Any] | None
) -> Iterator[dict[str, Any]]:
    if variables is None:
        words = [word for listed in flow.definition.triggers.keywords.values() for word in listed]
        begun = f"It begins with {', '.join(words)}. " if words else ""
        console.print(f"{begun}/help says what else there is.", style="dim", markup=False)
    else:
        begin = {"begin": {"variables": variables}} if variables else {"begin": {}}
        yield begin | _done(rehearsal, lambda: rehearsal.begins(flow.name, variables))
    while (line := _typed(rehearsal)) is not None:
        if line == "/help":
            console.print(HELP, markup=False)
            continue
        try:
            told = understood(line, rehearsal)
            turn = Turn.model_validate(told)
            yield told | _done(rehearsal, partial(_performed, turn, rehearsal))
        except (NotUnderstood, CannotDo, NeverRests, UnknownFlow) as problem:
            console.print(Text(str(problem), style="red"))
        except ValidationError:
            console.print(Text("not understood; /help says what is", style="red"))


def _performed(turn: Turn, rehearsal: Rehearsal) -> None:
    if turn.file is None:
        keep_files(Turn(), None, rehearsal)
    perform(turn, rehearsal)


def _typed(rehearsal: Rehearsal) -> str | None:
    while True:
        try:
            line = console.input(f"[dim]{rehearsal.now:%a %H:%M:%S}[/dim] > ").strip()
        except (EOFError, KeyboardInterrupt):
            return None
        if line == "/quit":
            return None
        if line:
            return line


def _done(rehearsal: Rehearsal, act: Callable[[], None]) -> dict[str, Any]:
    """Do it, show what happened, and return what a transcript says of it."""
    before = len(rehearsal.log)
    act()
    happened = [event for event, _ in rehearsal.log[before:]]
    for line in [*shown(happened)] or [_silence(rehearsal, happened)]:
        style = "dim" if line.startswith("--") else "cyan"
        console.print(Text(line, style=style))
    return expected(happened)


def _silence(rehearsal: Rehearsal, happened: Sequence[events.Event]) -> str:
    """Say why the person reads nothing."""
    session = rehearsal.person.open_session
    if any(isinstance(event, events.MessageCollected) for event in happened):
        return "-- (it is kept; nothing is said)"
    if session is not None and session.status == "handed-off":
        return "-- (nothing happens: a human has the session)"
    return "-- (nothing happens)"


def _transcript(
    title: str | None, who: Somebody, at: datetime, turns: list[dict[str, Any]]
) -> dict[str, Any]:
    begin = turns[0].pop("begin", None)
    told: dict[str, Any] = {"name": title or ""}
    if contact := who.model_dump(exclude_defaults=True):
        told["contact"] = contact
    if at != NOON:
        told["at"] = at.isoformat()
    if begin is not None:
        told["begin"] = begin
    return told | {"turns": turns}


def _save(path: Path, flow: Flow, transcript: dict[str, Any]) -> None:
    """Add it to the file; show it where the file was changed meanwhile and does not take it."""
    try:
        transcript["name"] = room(path, flow.name, transcript["name"] or None, _UNNAMED)
        add(path, flow.name, transcript)
    except (CannotKeep, InvalidTranscript):
        console.print(written(flow.name, [transcript]), markup=False)
        raise
    console.print(f"Added to {path} as {transcript['name']!r}.", markup=False)
