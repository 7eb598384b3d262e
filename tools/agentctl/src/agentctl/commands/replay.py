"""`agentctl replay`: events once more, to a service or for others, and to nobody by accident."""

import json
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import typer

from agentctl.adapters.kafka_topic import topic as open_topic
from agentctl.commands.tail import contacts_of, moment
from agentctl.commands.terminal import Unmasked, Yes, confirm, fail, out, run, session
from agentctl.installation import Installation
from agentctl.use_cases import replaying, rewinding
from agentctl.use_cases.lagging import readers_of
from agentctl.use_cases.replaying import Range
from agentctl.use_cases.tailing import Selection
from domain.topics import SESSION_EVENTS
from streaming.counting import counted

Since: TypeAlias = Annotated[
    str | None, typer.Option(help="From then on: 10m, 2h, 7d, or an ISO 8601 time.")
]
Why: TypeAlias = Annotated[str, typer.Option(help="Written down beside the act; nothing personal.")]
Partitions: TypeAlias = Annotated[list[int] | None, typer.Option(min=0, help="May be repeated.")]
STDOUT = "-"

app = typer.Typer(
    no_args_is_help=True, help="Have a service handle events again, or copy them for others."
)

SERVICES_TOLD = (
    f"One of {', '.join(rewinding.EFFECTS)}, or crm-notifier-NAME for a CRM with a name of its own."
)


@app.command()
def group(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help=SERVICES_TOLD)],
    *,
    since: Since = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="From the oldest event that is still there.")
    ] = False,
    partition: Partitions = None,
    why: Why = "",
    yes: Yes = False,
) -> None:
    """Set a service back, so that it handles events again once it is started.

    It says first what that would do, and asks. The service must not run; nothing is ever set
    forward.
    """
    site = session(context).site
    if service not in (known := readers_of(site.crm_names)):
        fail(f"no such service: {service}", f"one of {', '.join(known)}")
    if from_beginning == (since is not None):
        fail("say --since, or --from-beginning")
    begin = None if since is None else moment(since)

    async def work() -> None:
        kafka, seconds, now = site.kafka(), site.timeout_seconds, datetime.now(UTC)
        planned = await rewinding.plan(
            kafka, service, begin, partitions=partition or (), now=now, seconds=seconds
        )
        if not planned.then:
            out.print(f"{service} has not come that far yet: there is nothing to handle again")
            return
        confirm(_told(planned), yes=yes)
        await rewinding.rewind(kafka, planned, by=site.operator, why=why, at=now, seconds=seconds)
        back = counted(planned.events, "event")
        out.print(f"{service} is set back by {back}; start it", markup=False)

    _run(work())


@app.command()
def events(
    context: typer.Context,
    *,
    to: Annotated[
        str, typer.Option(help="A topic, named as on the cluster; - prints JSON, one event a line.")
    ],
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="Up to then, likewise.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="A type such as reply.sent or reply.*; may be repeated."),
    ] = None,
    person: Annotated[str | None, typer.Option(help="A contact id, or a number.")] = None,
    of_session: Annotated[UUID | None, typer.Option("--session", help="The session's id.")] = None,
    partition: Partitions = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the topic, with as many partitions.")
    ] = False,
    unmasked: Unmasked = False,
    yes: Yes = False,
) -> None:
    """Copy events to a topic of somebody else, or print them.

    A copy has the same partition, key, bytes and headers, and `ce_replayed`. Events that the topic
    has already are not copied again: what was interrupted goes on where it stopped. Topics of the
    installation are refused.
    """
    site = session(context).site
    begin = None if since is None else moment(since)
    end = None if until is None else moment(until)

    async def work() -> None:
        contacts = None if person is None else await contacts_of(site, person)
        selection = Selection(
            tuple(kind or ()),
            str(of_session) if of_session else None,
            contacts,
            frozenset(partition or ()),
        )
        wanted = Range(selection, begin, end)
        if to == STDOUT:
            await _print(site, wanted, unmasked=unmasked)
        else:
            await _copy(site, to, wanted, create=create, yes=yes)

    _run(work())


async def _copy(site: Installation, to: str, wanted: Range, *, create: bool, yes: bool) -> None:
    kafka, seconds = site.kafka(), site.timeout_seconds
    replaying.refuse_own(kafka, to)
    counts: Counter[int] = Counter()
    async with open_topic(kafka, SESSION_EVENTS.name, seconds=seconds) as source:
        async for portion in replaying.chosen(source, wanted):
            counts.update(one.record.partition for one in portion)
    told = ", ".join(f"{at}: {count}" for at, count in sorted(counts.items()))
    confirm(
        [
            f"copy up to {counted(counts.total(), 'event')} to {to} ({told or 'none'})",
            "they are personal, and unmasked there; what is there already is not copied again",
        ],
        yes=yes,
    )
    reached = await replaying.prepared(kafka, to, create=create, seconds=seconds)
    copied = await replaying.copy(kafka, to, wanted, reached, seconds=seconds)
    out.print(f"copied: {copied}; there already: {counts.total() - copied}", markup=False)


async def _print(site: Installation, wanted: Range, *, unmasked: bool) -> None:
    async with open_topic(site.kafka(), SESSION_EVENTS.name) as source:
        async for portion in replaying.chosen(source, wanted):
            for one in portion:
                told = json.dumps(one.shown(unmasked=unmasked), ensure_ascii=False)
                out.print(told, markup=False)


def _told(planned: rewinding.Rewind) -> list[str]:
    types = sorted(planned.types.items(), key=lambda one: -one[1])
    since = f", the oldest of {planned.oldest:%Y-%m-%d %H:%M:%S}Z" if planned.oldest else ""
    told = [f"{planned.service} will handle {counted(planned.events, 'event')} again{since}:"]
    told += [f"  {count} {kind}" for kind, count in types]
    for at, then in sorted(planned.then.items()):
        told.append(f"  partition {at}: from {then} instead of {planned.now[at]}")
    return [*told, rewinding.effect_of(planned.service) or ""]


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        run(work)
    except (rewinding.Refused, replaying.Refused) as refused:
        fail(str(refused))
