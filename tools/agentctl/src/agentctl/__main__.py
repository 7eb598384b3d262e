"""The command line `agentctl`; the only place that reads the environment."""

import logging
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from agentctl.commands import lag, parked, replay, sessions, tail, topics
from agentctl.commands.doctor import doctor
from agentctl.commands.terminal import Session, err
from agentctl.installation import (
    WrongVariables,
    endpoints_above,
    from_endpoints,
    from_variables,
    is_told,
)

app = typer.Typer(
    name="agentctl",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Look after an installation of the WhatsApp Agent.",
)
app.command()(doctor)
app.add_typer(topics.app, name="topics")
app.command()(lag.lag)
app.command()(tail.tail)
app.add_typer(sessions.app, name="session")
app.add_typer(parked.app, name="parked")
app.add_typer(replay.app, name="replay")


@app.callback()
def begin(
    context: typer.Context,
    *,
    endpoints: Annotated[
        Path | None,
        typer.Option(help="The .run/endpoints.json of a devstack, instead of variables."),
    ] = None,
) -> None:
    """Look after an installation of the WhatsApp Agent.

    Where it is, variables named AGENT_… say; without any, a stack that runs in this checkout is
    meant (.run/endpoints.json).
    """
    # What clients log is told in words of ours; `kafka_trouble` still hears it.
    logging.getLogger().addHandler(logging.NullHandler())
    context.obj = partial(_session, endpoints, dict(os.environ))


def _session(endpoints: Path | None, environ: Mapping[str, str]) -> Session:
    """Read where the installation is; only once a command asks, so that help needs nothing."""
    try:
        here = endpoints or (None if is_told(environ) else endpoints_above(Path.cwd()))
        if here is not None:
            return Session(from_endpoints(here, environ), environ, str(here))
        return Session(from_variables(environ), environ, "the variables")
    except WrongVariables as wrong:
        err.print(f"variables: {wrong}", markup=False)
        sys.exit(2)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
