"""`agentctl topics`: make them, and check them."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from agentctl.adapters.kafka_cluster import cluster
from agentctl.checks.topics import topics as check_topics
from agentctl.commands.terminal import AsJson, fail, out, run, session
from agentctl.findings import Finding
from agentctl.installation import Installation
from agentctl.use_cases.topic_keeping import OtherCount, TooFewBrokers, Wanted, create_missing
from domain.topics import PARTITIONS

CREATE_SECONDS = 60.0
app = typer.Typer(no_args_is_help=True, help="Make the topics, and check them.")


@app.command()
def create(
    context: typer.Context,
    *,
    replication_factor: Annotated[
        int, typer.Option(min=1, max=32, help="Copies of each partition: 3 outside of a laptop.")
    ],
    min_insync: Annotated[
        int | None,
        typer.Option(min=1, max=32, help="Copies that have to have a record: 2 of 3."),
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=1000, help="Of each topic. It can never be changed.")
    ] = PARTITIONS,
) -> None:
    """Make the topics that are missing; those that are there are left as they are.

    It may run as often as one likes. A topic that has another number of partitions is refused,
    and then none is made: the keys of what is in it would lead to other partitions.
    """
    if min_insync is not None and min_insync > replication_factor:
        fail("--min-insync is more than --replication-factor: nothing could be written")
    site = session(context).site
    try:
        made = run(_create(site, Wanted(partitions, replication_factor, min_insync, site.topics())))
    except (OtherCount, TooFewBrokers) as refused:
        fail(str(refused), "no topic was made")
    for name in made:
        out.print(f"made {name}", markup=False)
    if not made:
        out.print("all topics are there")


@app.command()
def check(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Compare the topics with what they should be; exit code 1 if any is wrong."""
    found = run(_check(session(context).site))
    if as_json:
        out.print(json.dumps([asdict(one) for one in found], indent=2), markup=False)
    else:
        for one in found:
            style = {"ok": "green", "failed": "red"}.get(one.state, "yellow")
            out.print(Text(f"{one.what}{': ' if one.mend else ''}{one.mend}", style=style))
    sys.exit(any(one.state in {"failed", "skipped"} for one in found))


async def _create(site: Installation, wanted: Wanted) -> Sequence[str]:
    settings = site.kafka()
    async with cluster(settings, seconds=max(site.timeout_seconds, 10.0)) as kafka:
        return await create_missing(kafka, settings, wanted, seconds=CREATE_SECONDS)


async def _check(site: Installation) -> Sequence[Finding]:
    return await check_topics(site)
