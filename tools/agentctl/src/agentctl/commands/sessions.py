"""`agentctl session`: find and show conversations, as session-core itself does."""

from typing import Annotated
from uuid import UUID

import typer

from agentctl.commands.terminal import Unmasked, fail, known, out, run, session
from domain.values import SessionId
from session_core.app import newest_sessions, whole_conversation
from session_core.handlers import terminal
from session_core.handlers.terminal_conversation import conversation
from session_core.use_cases.operating import UnknownSession

app = typer.Typer(no_args_is_help=True, help="Find and show conversations.")


@app.command("list")
def newest(
    context: typer.Context,
    *,
    handed_off: Annotated[bool, typer.Option("--handed-off", help="Only who waits.")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    """List sessions, those that changed last first. Nothing personal is shown."""
    settings = known(session(context).site.store)
    lines = run(newest_sessions(settings, handed_off=handed_off, limit=limit))
    out.print(terminal.table(lines), markup=False)


@app.command()
def show(
    context: typer.Context,
    session_id: Annotated[UUID, typer.Argument(metavar="SESSION", help="The session's id.")],
    *,
    unmasked: Unmasked = False,
) -> None:
    """Show who said what in a session, the newest last. This is personal."""
    settings = known(session(context).site.store)
    try:
        timeline = run(whole_conversation(settings, SessionId(session_id), unmasked=unmasked))
    except UnknownSession as error:
        fail(str(error))
    out.print(conversation(session_id, timeline), markup=False)
