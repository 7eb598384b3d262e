"""Reads the environment and runs the service, its migrations, or an operator's command."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from pydantic import ValidationError

from domain.ports.command_source import SourceUnavailable
from domain.ports.event_store import StoreFailure
from domain.ports.operators import CommandNotSent
from domain.ports.parked_commands import ParkedLines, Place
from domain.ports.verifying import TopicUnreadable
from domain.session import InvalidFlow
from domain.values import ContactId, SessionId
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
from session_core.handlers import terminal, terminal_options
from session_core.handlers.terminal_conversation import conversation
from session_core.handlers.terminal_words import UnclearWords, human_reply
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

NAME = "session-core"
EFFECT_SECONDS = 5.0
REPLY_SECONDS = 10.0
RARE_COLLECTIONS = (100_000, 50, 100)
"""Events and people make no cycles, but thousands of objects a batch: collecting cost a tenth."""

app = typer.Typer(name=NAME, no_args_is_help=True, add_completion=False, help=__doc__)
command = typer.Typer(no_args_is_help=True, help="Send an operator's command.")
app.add_typer(command, name="command")

_NOT_SENT = (
    UnknownSession,
    UnknownContact,
    NothingToDo,
    Unsendable,
    CommandNotSent,
    StoreFailure,
)


@app.command()
def run() -> None:
    """Run the service until SIGTERM."""
    settings = service.settings_or_exit(Settings)
    logs.configure(NAME, settings.instance_id, settings.log_level)
    tracing.setup(NAME, settings.otlp_endpoint)
    try:
        built = build(settings)
    except InvalidFlow as error:
        _fail(f"a flow is wrong: {error}")
    gc.set_threshold(*RARE_COLLECTIONS)
    service.main(lambda: service.run(built))


@app.command()
def migrate() -> None:
    """Bring the database to the shape that this version needs."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        applied = asyncio.run(bring_up_to_date(settings))
    except StoreFailure as failure:
        _fail(f"not migrated: {failure}")
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
        _fail(f"the database does not answer: {failure}")
    typer.echo(terminal.table(lines))


@app.command()
def show(session: Annotated[UUID, typer.Argument(help="The session's id.")]) -> None:
    """Show who said what in a session, the newest last. This is personal."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        timeline = asyncio.run(whole_conversation(settings, SessionId(session)))
    except UnknownSession as error:
        _fail(str(error))
    except StoreFailure as failure:
        _fail(f"the database does not answer: {failure}")
    typer.echo(conversation(session, timeline))


@app.command()
def rebuild(*, as_json: terminal_options.AsJson = False) -> None:
    """Compute all state from the events alone, and tell every difference from what is in use."""
    settings = service.settings_or_exit(DatabaseSettings)
    try:
        compared = asyncio.run(compare_state(settings))
    except (StoreFailure, InvalidFlow) as failure:
        _fail(f"not compared: {failure}")
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
        _fail(f"not verified: {failure}")
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
        _fail(f"the database does not answer: {failure}")


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

    asyncio.run(_redriven(settings, send))


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
        _fail(f"the database does not answer: {failure}")
    typer.echo(f"shard {shard} may park {most}; restart the instance that has it halted")


@command.command()
def initiate(
    to: Annotated[str, typer.Option(help="The person's number, the country code first.")],
    phone_number_id: Annotated[str, typer.Option(help="The business's number.")],
    flow: Annotated[str, typer.Option(help="The name of the flow.")],
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """Begin a conversation with somebody."""
    _send(lambda desk: desk.initiate(to=to, phone_number_id=phone_number_id, flow=flow), wait=wait)


@command.command()
def reply(
    session: terminal_options.Session,
    text: Annotated[str | None, typer.Option()] = None,
    message: terminal_options.Message = None,
    quotes: terminal_options.Quotes = None,
    fallback: terminal_options.Fallback = None,
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """Answer the person in a session that was handed off."""
    try:
        words = human_reply(text, message, quotes, fallback)
    except UnclearWords as error:
        _fail(f"not sent: {error} (docs/reference/reply-kinds.md has an example of each kind)")
    _send(lambda desk: desk.reply(SessionId(session), words), wait=wait)


@command.command()
def release(session: terminal_options.Session, *, wait: terminal_options.Wait = False) -> None:
    """Give a handed-off session back to the bot."""
    _send(lambda desk: desk.release(SessionId(session)), wait=wait)


@command.command("hand-off")
def hand_off(
    session: terminal_options.Session,
    team: Annotated[str | None, typer.Option()] = None,
    note: Annotated[str | None, typer.Option()] = None,
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """Make the bot silent and let a human talk."""
    _send(lambda desk: desk.hand_off(SessionId(session), team, note), wait=wait)


@command.command()
def cancel(
    session: terminal_options.Session,
    reason: Annotated[str, typer.Option()] = "cancelled-by-operator",
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """End a session without an outcome."""
    _send(lambda desk: desk.cancel(SessionId(session), reason), wait=wait)


@command.command()
def complete(
    session: terminal_options.Session,
    outcome: Annotated[str, typer.Option(help="A code, such as `settled`.")],
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """End a session with an outcome."""
    _send(lambda desk: desk.complete(SessionId(session), outcome), wait=wait)


@command.command()
def erase(
    contact: Annotated[UUID, typer.Option("--contact", help="The contact's id.")],
    *,
    wait: terminal_options.Wait = False,
) -> None:
    """Forget a person: end their open session, and hide what is personal from the query API.

    Nothing is erased at rest yet: the personal parts of their events stay in the table `event`
    and on the topics, and their files in the bucket.
    """
    _send(lambda desk: desk.erase(ContactId(contact)), wait=wait)


def _send(ask: Callable[[OperatorsDesk], Awaitable[Sent]], *, wait: bool) -> None:
    settings = service.settings_or_exit(OperatorSettings)
    logs.configure(NAME, "operator", "warning")
    try:
        asyncio.run(_sent(settings, ask, wait=wait))
    except ValidationError as error:
        _fail(f"not sent: {error.error_count()} of the values given cannot be sent")
    except _NOT_SENT as failure:
        _fail(f"not sent: {failure}")


async def _redriven(
    settings: OperatorSettings, send: Callable[[Redriver], Awaitable[None]]
) -> None:
    async with redriver(settings) as sender:
        try:
            await send(sender)
        except (NotParked, NotWaiting, SourceUnavailable, StoreFailure) as failure:
            _fail(f"redriven: {sender.sent}, then stopped: {failure}")
        typer.echo(f"redriven: {sender.sent}")


async def _dismissed(
    settings: DatabaseSettings, rest: Callable[[Dismisser], Awaitable[None]]
) -> None:
    async with dismisser(settings) as by:
        try:
            await rest(by)
        except (NotParked, StoreFailure) as failure:
            _fail(f"dismissed: {by.dismissed}, then stopped: {failure}")
        typer.echo(f"dismissed: {by.dismissed}")


def _places(shard: int | None, offsets: list[int] | None, *, everything: bool) -> list[Place]:
    if everything == bool(offsets) or (offsets and shard is None):
        _fail("say --shard and --offset, or --all")
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
            _fail(terminal.set_aside(outcome.parked))
        if not outcome.events:
            _fail(terminal.no_event(EFFECT_SECONDS))
        typer.echo(terminal.effects(outcome.events))
        outcomes = await witness.replies(outcome, seconds=REPLY_SECONDS)
        if outcomes:
            typer.echo(terminal.replies(outcomes, REPLY_SECONDS))
        if (problem := terminal.not_reached(outcomes)) is not None:
            _fail(problem)


def _fail(line: str) -> NoReturn:
    typer.echo(line, err=True)
    sys.exit(1)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
