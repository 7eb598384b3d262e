"""`agentctl lag`: how far behind everybody is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from agentctl.commands.terminal import AsJson, fail, out, run, session, table
from agentctl.installation import Installation
from agentctl.use_cases.lagging import READERS, GroupLag, lags, readers_of

READERS_TOLD = (
    f"One of {', '.join(READERS)}, or crm-notifier-NAME for a CRM with a name of its own."
    " All unless said."
)


def lag(
    context: typer.Context,
    services: Annotated[list[str] | None, typer.Argument(help=READERS_TOLD)] = None,
    *,
    partitions: Annotated[
        bool, typer.Option("--partitions", help="A line for each partition.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how many records wait for each service, and since when."""
    site = session(context).site
    known = readers_of(site.crm_names)
    if unknown := set(services or ()) - set(known):
        fail(f"no such reader: {', '.join(sorted(unknown))}", f"one of {', '.join(known)}")
    asked = {name: known[name] for name in services or known}
    found = run(_found(site, asked))
    if as_json:
        out.print(json.dumps([_told(one) for one in found], indent=2), markup=False)
    elif partitions or services:
        table(
            ("SERVICE", "TOPIC", "PARTITION", "NEXT", "END", "BEHIND", "OLDEST"),
            [row for one in found for row in _by_partition(one)],
        )
    else:
        table(
            ("SERVICE", "TOPIC", "STATE", "MEMBERS", "BEHIND", "OLDEST"),
            [
                (
                    one.group,
                    one.topic,
                    one.state,
                    ", ".join(one.members) or "-",
                    str(one.behind),
                    _age(one.waits_since),
                )
                for one in found
            ],
        )


async def _found(site: Installation, services: Mapping[str, str]) -> Sequence[GroupLag]:
    return await lags(site.kafka(), services, seconds=site.timeout_seconds)


def _by_partition(lag: GroupLag) -> Sequence[Sequence[str]]:
    return [
        (
            lag.group,
            lag.topic,
            str(one.partition),
            "-" if one.committed is None else str(one.committed),
            str(one.end),
            str(one.behind),
            _age(one.waits_since),
        )
        for one in lag.partitions
    ]


def _age(since: datetime | None) -> str:
    return "-" if since is None else f"{(datetime.now(UTC) - since).total_seconds():.0f} s"


def _told(lag: GroupLag) -> dict[str, object]:
    partitions = [
        {**asdict(one), "waits_since": one.waits_since.isoformat() if one.waits_since else None}
        for one in lag.partitions
    ]
    since = lag.waits_since.isoformat() if lag.waits_since else None
    return {
        "service": lag.group,
        "topic": lag.topic,
        "state": lag.state,
        "members": list(lag.members),
        "behind": lag.behind,
        "waits_since": since,
        "partitions": partitions,
    }
