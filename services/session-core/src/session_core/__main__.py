"""Reads the environment and runs the service, its migrations, or an operator's command."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError

from domain.ports.command_source import SourceUnavailable
from domain.ports.event_store import StoreFailure
from domain.ports.operators import CommandNotSent
from domain.ports.parked_commands import ParkedLines, Place
from domain.ports.verifying import TopicUnreadable
from domain.session import InvalidFlow
from domain.values import SessionId
from session_core.app import (
    bring_up_to_date,
    build,
    newest_sessions,
    operators_desk,
    whole_conversation,
)
from session_core.app.checks import check_everything, compare_state
from session_core.app.parked import (
    dismisser,
    parked_lines,
    parked_records,
    permit_parking,
    redriver,
)
from session_core.handlers import terminal, terminal_commands, terminal_options
from session_core.handlers.terminal import fail
from session_core.handlers.terminal_conversation import conversation
from session_core.settings import DatabaseSettings, OperatorSettings, Settings
from session_core.use_cases.choosing import NotParked
from session_core.use_cases.dismissing import Dismisser
from session_core.use_cases.operating import (
    NothingToDo,
    OperatorsDesk,
    Sent,
    UnknownContact,
    UnknownSession,
    Unsendable,
)
from session_core.use_cases.redriving import NotWaiting, Redriver
from streaming import logs, service, tracing
from streaming.reaching import OutOfReach

NAME = "session-core"
EFFECT_SECONDS = 5.0
REPLY_SECONDS = 10.0

app = typer.Typer(name=NAME, no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(terminal_commands.app, name="command")

_NOT_SENT = (
    UnknownSession,
    UnknownContact,
    NothingToDo,
    Unsendable,
    CommandNotSent,
    OutOfReach,
    StoreFailure,
)


@terminal_commands.app.callback()
def command(context: typer.Context) -> None:
    """Send an operator's command."""
    context.obj = _send


@app.command()
def run() -> None:
    """Run the service until SIGTERM."""
    settings = service.settings_or_exit(Settings)
    logs.configure(NAME, settings.instance_id, settings.log_level)
    tracing.setup(
        NAME,
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )
    try:
        built = build(settings)
    except InvalidFlow as error:
        fail(f"a flow is wrong: {error}")
    service.main(lambda: service.run(built))


@app.command()
def migrate() -> None:
    """Bring the database to the shape that this version needs."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        applied = asyncio.run(bring_up_to_date(settings))
    except StoreFailure as failure:
        fail(f"not migrated: {failure}")
    typer.echo(f"applied: {', '.join(applied)}" if applied else "nothing to apply")


@app.command()
def sessions(
    *,
    handed_off: Annotated[bool, typer.Option("--handed-off", help="Only who waits.")] = False,
    limit: terminal_options.Limit = 50,
) -> None:
    """List sessions, those that changed last first."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        lines = asyncio.run(newest_sessions(settings, handed_off=handed_off, limit=limit))
    except StoreFailure as failure:
        fail(f"the database does not answer: {failure}")
    typer.echo(terminal.table(lines))


@app.command()
def show(
    session: Annotated[UUID, typer.Argument(help="The session's id.")],
    *,
    unmasked: terminal_options.Unmasked = False,
) -> None:
    """Show who said what in a session, the newest last. This is personal."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        timeline = asyncio.run(whole_conversation(settings, SessionId(session), unmasked=unmasked))
    except UnknownSession as error:
        fail(str(error))
    except StoreFailure as failure:
        fail(f"the database does not answer: {failure}")
    typer.echo(conversation(session, timeline))


@app.command()
def rebuild(*, as_json: terminal_options.AsJson = False) -> None:
    """Compute all state from the events alone, and tell every difference from what is in use."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        compared = asyncio.run(compare_state(settings))
    except (StoreFailure, InvalidFlow) as failure:
        fail(f"not compared: {failure}")
    typer.echo(terminal.comparison_json(compared) if as_json else terminal.comparison(compared))
    sys.exit(0 if compared.holds else 1)


@app.command()
def verify(*, as_json: terminal_options.AsJson = False) -> None:
    """Check on a live system that nothing was lost, doubled or reordered."""
    settings = service.settings_or_exit(OperatorSettings)
    logs.configure(NAME, "verify", "warning", stream=sys.stderr)
    try:
        given = asyncio.run(check_everything(settings))
    except (StoreFailure, TopicUnreadable, InvalidFlow) as failure:
        fail(f"not verified: {failure}")
    typer.echo(terminal.verdict_json(given) if as_json else terminal.verdict(given))
    sys.exit(0 if given.holds else 1)


@app.command()
def parked(
    *,
    shard: terminal_options.Shard = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those neither redriven nor dismissed.")
    ] = False,
    limit: terminal_options.Limit = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="With ids and bytes (base64): these are personal.")
    ] = False,
) -> None:
    """List commands that could not be handled, by shard and offset."""
    settings = service.settings_or_exit(DatabaseSettings)
    meant = ParkedLines(shard, waiting)
    try:
        if as_json:
            records = asyncio.run(parked_records(settings, meant, limit=limit))
            typer.echo(terminal.parked_json(records))
        else:
            typer.echo(terminal.parked(asyncio.run(parked_lines(settings, meant, limit=limit))))
    except StoreFailure as failure:
        fail(f"the database does not answer: {failure}")


@app.command()
def redrive(
    *,
    shard: terminal_options.Shard = None,
    offset: terminal_options.Offsets = None,
    everything: terminal_options.Everything = False,
    reason: terminal_options.Reason = "",
    again: Annotated[bool, typer.Option("--again", help="Also if redriven or dismissed.")] = False,
) -> None:
    """Send parked commands again: under their own id, at the end of their partition."""
    places = _places(shard, offset, everything=everything)
    settings = service.settings_or_exit(OperatorSettings)
    logs.configure(NAME, "operator", "warning")

    async def send(sender: Redriver) -> None:
        if everything:
            await sender.every(shard=shard, reason=reason)
        else:
            await sender.some(places, again=again)

    try:
        asyncio.run(_redriven(settings, send))
    except OutOfReach as failure:
        fail(f"nothing redriven: {failure}")


@app.command()
def dismiss(
    *,
    shard: terminal_options.Shard = None,
    offset: terminal_options.Offsets = None,
    everything: terminal_options.Everything = False,
    reason: terminal_options.Reason = "",
) -> None:
    """Let parked commands rest that will never be sent again; their bytes stay."""
    places = _places(shard, offset, everything=everything)
    settings = service.settings_or_exit(DatabaseSettings)

    async def rest(by: Dismisser) -> None:
        if everything:
            await by.every(shard=shard, reason=reason)
        else:
            await by.some(places)

    asyncio.run(_dismissed(settings, rest))


@app.command("permit-parking")
def permit(
    shard: terminal_options.Halted,
    most: terminal_options.Most,
    minutes: Annotated[float, typer.Option(min=1, max=1440)] = 60,
) -> None:
    """Let a shard park more than would halt it; whoever takes it next goes by that."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        asyncio.run(permit_parking(settings, shard, most=most, seconds=minutes * 60))
    except StoreFailure as failure:
        fail(f"the database does not answer: {failure}")
    typer.echo(f"shard {shard} may park {most}; restart the instance that has it halted")


def _send(ask: Callable[[OperatorsDesk], Awaitable[Sent]], *, wait: bool) -> None:
    settings = service.settings_or_exit(OperatorSettings)
    logs.configure(NAME, "operator", "warning")
    try:
        asyncio.run(_sent(settings, ask, wait=wait))
    except ValidationError as error:
        fail(f"not sent: {error.error_count()} of the values given cannot be sent")
    except _NOT_SENT as failure:
        fail(f"not sent: {failure}")


async def _redriven(
    settings: OperatorSettings, send: Callable[[Redriver], Awaitable[None]]
) -> None:
    async with redriver(settings) as sender:
        try:
            await send(sender)
        except (NotParked, NotWaiting, SourceUnavailable, StoreFailure) as failure:
            fail(f"redriven: {sender.sent}, then stopped: {failure}")
        typer.echo(f"redriven: {sender.sent}")


async def _dismissed(
    settings: DatabaseSettings, rest: Callable[[Dismisser], Awaitable[None]]
) -> None:
    async with dismisser(settings) as by:
        try:
            await rest(by)
        except (NotParked, StoreFailure) as failure:
            fail(f"dismissed: {by.dismissed}, then stopped: {failure}")
        typer.echo(f"dismissed: {by.dismissed}")


def _places(shard: int | None, offsets: list[int] | None, *, everything: bool) -> list[Place]:
    if everything == bool(offsets) or (offsets and shard is None):
        fail("say --shard and --offset, or --all")
    return [Place(shard or 0, one) for one in offsets or ()]


async def _sent(
    settings: OperatorSettings, ask: Callable[[OperatorsDesk], Awaitable[Sent]], *, wait: bool
) -> None:
    async with operators_desk(settings) as (desk, witness):
        sent = await ask(desk)
        typer.echo(f"command {sent.command_id}")
        if not wait:
            return
        outcome = await witness.outcome(sent, seconds=EFFECT_SECONDS)
        if outcome.parked is not None:
            fail(terminal.set_aside(outcome.parked))
        if not outcome.events:
            fail(terminal.no_event(EFFECT_SECONDS))
        typer.echo(terminal.effects(outcome.events))
        outcomes = await witness.replies(outcome, seconds=REPLY_SECONDS)
        if outcomes:
            typer.echo(terminal.replies(outcomes, REPLY_SECONDS))
        if (problem := terminal.not_reached(outcomes)) is not None:
            fail(problem)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
