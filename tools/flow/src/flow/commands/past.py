"""`flow record` and `flow whatif`: what past sessions say about flows."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, TypeAlias
from uuid import UUID

import asyncpg
import typer
from pydantic import TypeAdapter, ValidationError

from domain import events
from domain.session import FlowBook, UnknownFlow
from domain.session.flows.flow import Flow
from domain.session.flows.parsing import parse_flow
from domain.session.flows.steps_waiting import Span
from flow import shelf
from flow.commands.terminal import FLOWS, Folder, console, running, show
from flow.course import differing, harmless, in_words_of, new_names, replayed
from flow.keeping import add, room
from flow.recording import record
from flow.rehearsal import NeverRests
from flow.stimuli import NotReplayable
from flow.store import Past, reading
from flow.writing import written
from streaming.counting import counted

MOST = 10_000
Archive: TypeAlias = Mapping[tuple[str, str], str]
"""The text of flows as they were, by name and version."""
Address = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="FLOW_STORE_URL",
        help="PostgreSQL of session-core; that of the running devstack if not said.",
    ),
]


def keep(
    session: Annotated[UUID, typer.Argument(help="The session's id.")],
    *,
    flows: Folder = FLOWS,
    store: Address = None,
    to: Annotated[
        Path | None, typer.Option(help="Add it to this file of transcripts; what is there stays.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name of the transcript.")] = None,
) -> None:
    """Turn a real session into a transcript, with examples in place of what is personal.

    What we say in it is what the flows say now: it is a test of these, not of the past.
    """
    past, archived = asyncio.run(_one(_address(store), session))
    if past.forgotten:
        raise shelf.NotThere("the person asked to be forgotten: nothing of theirs is shown")
    began = _began(past)
    book = shelf.book(flows)
    then = _then(began, archived) or shelf.flow_of(book, began.flow)
    otherwise = f"Recorded from a session of {past.history[0][1].at:%Y-%m-%d}"
    title = name or otherwise if to is None else room(to, began.flow, name, otherwise)
    recorded = record(past, then, book, title)
    if to is None:
        console.print(written(began.flow, [recorded.transcript]), markup=False)
    else:
        add(to, began.flow, recorded.transcript)
        console.print(f"Added to {to} as {title!r}.", markup=False)
    if recorded.stopped:
        console.print(f"It ends early: {recorded.stopped}.", style="red", markup=False)
    known = book.current.get(began.flow)
    was = in_words_of(known, [event for event, _ in past.history])
    if recorded.course is None or recorded.course.path != was.path:
        console.print(
            f"The session itself went another way: {' > '.join(was.path)}. Either the flow has"
            " changed since, or a masked answer led elsewhere.",
            style="red",
            markup=False,
        )


def whatif(
    *,
    flows: Folder = FLOWS,
    store: Address = None,
    since: Annotated[str, typer.Option(help="How far back: 90s, 10m, 2h or 7d.")] = "7d",
    flow: Annotated[str | None, typer.Option(help="Only sessions of this flow.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Sessions, the oldest first.")] = MOST,
) -> None:
    """Replay past sessions against the flows as they are here, and list those that would differ.

    Personal answers are not shown. What people would have said to other questions nobody knows:
    past the first difference it is a hint, no more.
    """
    try:
        span = TypeAdapter[Span](Span).validate_python(since)
    except ValidationError:
        raise typer.BadParameter("90s, 10m, 2h or 7d", param_hint="--since") from None
    book = shelf.book(flows)
    pasts, archived = asyncio.run(_many(_address(store), datetime.now(UTC) - span, most))
    wanted = [past for past in pasts if flow in (None, _began(past).flow)]
    counts = {"same": 0, "differs": 0, "skipped": 0}
    for past in wanted:
        counts[_compare(past, book, archived)] += 1
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    console.print(f"{counted(len(wanted), 'session')}: {told}.")


def _compare(past: Past, book: FlowBook, archived: Archive) -> str:
    began = _began(past)
    title = f"{past.session_id}  {began.flow}  {past.history[0][1].at:%Y-%m-%d %H:%M}"
    if past.forgotten:
        return "skipped"
    try:
        now = replayed(past, book)
    except (NotReplayable, UnknownFlow, NeverRests) as why:
        show([f"{title}  skipped: {why}"])
        return "skipped"
    happened = [event for event, _ in past.history]
    known = book.current.get(began.flow)
    shown = harmless(known, _then(began, archived), new_names(known, happened))
    found = [*differing(in_words_of(known, happened), now, shown)]
    if found:
        show([title, *(f"  {line}" for line in found)])
    return "differs" if found else "same"


def _then(began: events.SessionInitiated, archived: Archive) -> Flow | None:
    source = archived.get((began.flow, began.flow_version))
    return None if source is None else _parsed(source)


@lru_cache
def _parsed(source: str) -> Flow:
    return parse_flow(source, in_use=True)


def _began(past: Past) -> events.SessionInitiated:
    return next(e for e, _ in past.history if isinstance(e, events.SessionInitiated))


def _address(given: str | None) -> str:
    return given if given is not None else running().postgres


async def _one(address: str, session: UUID) -> tuple[Past, Archive]:
    try:
        async with reading(address) as store:
            past = await store.session(session)
            archived = await store.flows()
    except (OSError, asyncpg.PostgresError) as error:
        raise shelf.NotThere(f"the store does not answer: {type(error).__name__}") from None
    if past is None:
        raise shelf.NotThere(f"there is no session {session}")
    return past, archived


async def _many(address: str, since: datetime, most: int) -> tuple[Sequence[Past], Archive]:
    try:
        async with reading(address) as store:
            found = [await store.session(one) for one in await store.since(since, most)]
            archived = await store.flows()
    except (OSError, asyncpg.PostgresError) as error:
        raise shelf.NotThere(f"the store does not answer: {type(error).__name__}") from None
    return [past for past in found if past is not None], archived
