"""Operators' commands, one of the terminal's for each; how they are sent, the context knows."""

from typing import Annotated
from uuid import UUID

import typer

from domain.values import ContactId, LookupId, SessionId
from session_core.handlers import terminal_options
from session_core.handlers.terminal import fail
from session_core.handlers.terminal_words import (
    UnclearWords,
    human_reply,
    lookup_answer,
    variables,
)

app = typer.Typer(no_args_is_help=True)


@app.command()
def initiate(
    context: typer.Context,
    *,
    to: Annotated[str, typer.Option(help="The person's number, the country code first.")],
    phone_number_id: Annotated[str, typer.Option(help="The business's number.")],
    flow: Annotated[str, typer.Option(help="The name of the flow.")],
    var: terminal_options.Vars = None,
    language: terminal_options.Language = None,
    wait: terminal_options.Wait = False,
) -> None:
    """Begin a conversation with somebody."""
    try:
        given = variables(var or ())
    except UnclearWords as error:
        fail(f"not sent: {error}")
    context.obj(
        lambda desk: desk.initiate(
            to=to,
            phone_number_id=phone_number_id,
            flow=flow,
            variables=given,
            language=language,
        ),
        wait=wait,
    )


@app.command()
def reply(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    text: Annotated[str | None, typer.Option()] = None,
    message: terminal_options.Message = None,
    quotes: terminal_options.Quotes = None,
    fallback: terminal_options.Fallback = None,
    wait: terminal_options.Wait = False,
) -> None:
    """Answer the person in a session that was handed off."""
    try:
        words = human_reply(text, message, quotes, fallback)
    except UnclearWords as error:
        fail(f"not sent: {error} (docs/reference/reply-kinds.md has an example of each kind)")
    context.obj(lambda desk: desk.reply(SessionId(session), words), wait=wait)


@app.command()
def release(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    wait: terminal_options.Wait = False,
) -> None:
    """Give a handed-off session back to the bot."""
    context.obj(lambda desk: desk.release(SessionId(session)), wait=wait)


@app.command("hand-off")
def hand_off(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    team: Annotated[str | None, typer.Option()] = None,
    note: Annotated[str | None, typer.Option()] = None,
    wait: terminal_options.Wait = False,
) -> None:
    """Make the bot silent and let a human talk."""
    context.obj(lambda desk: desk.hand_off(SessionId(session), team, note), wait=wait)


@app.command()
def cancel(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    reason: Annotated[str, typer.Option()] = "cancelled-by-operator",
    wait: terminal_options.Wait = False,
) -> None:
    """End a session without an outcome."""
    context.obj(lambda desk: desk.cancel(SessionId(session), reason), wait=wait)


@app.command()
def complete(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    outcome: Annotated[str, typer.Option(help="A code, such as `settled`.")],
    wait: terminal_options.Wait = False,
) -> None:
    """End a session with an outcome."""
    context.obj(lambda desk: desk.complete(SessionId(session), outcome), wait=wait)


@app.command("record-lookup")
def record_lookup(
    context: typer.Context,
    *,
    session: terminal_options.Session,
    lookup: terminal_options.Lookup,
    found: terminal_options.FoundData = None,
    not_found: terminal_options.NotFound = False,
    failed: terminal_options.Failed = False,
    wait: terminal_options.Wait = False,
) -> None:
    """Answer what a flow looked up, in the place of the service that does so."""
    try:
        answer = lookup_answer(LookupId(lookup), found, not_found=not_found, failed=failed)
    except UnclearWords as error:
        fail(f"not sent: {error}")
    context.obj(lambda desk: desk.record_lookup(SessionId(session), answer), wait=wait)


@app.command()
def erase(
    context: typer.Context,
    *,
    contact: Annotated[UUID, typer.Option("--contact", help="The contact's id.")],
    wait: terminal_options.Wait = False,
) -> None:
    """Forget a person: end their open session, and hide what is personal from the query API.

    Nothing is erased at rest yet: the personal parts of their events stay in the table `event`
    and on the topics, and their files in the bucket.
    """
    context.obj(lambda desk: desk.erase(ContactId(contact)), wait=wait)
