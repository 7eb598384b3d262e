"""`agentctl tail`: what happens, as it happens."""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from agentctl.adapters.database import database
from agentctl.adapters.kafka_topic import topic as open_topic
from agentctl.commands.terminal import AsJson, Unmasked, fail, out, run, session
from agentctl.installation import Installation
from agentctl.use_cases.tailing import Seen, Selection, coming, past
from domain.topics import ALL, SENDER_LEDGER, SESSION_EVENTS

TOPICS = tuple(one.name for one in ALL if one != SENDER_LEDGER)
_SPAN = re.compile(r"(\d+)([smhd])")
_SECONDS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BEGIN = datetime.fromtimestamp(0, UTC)
_LAST = 10


def tail(
    context: typer.Context,
    topic: Annotated[
        str, typer.Argument(help=f"One of {', '.join(TOPICS)}, or of those of a CRM with a name.")
    ] = SESSION_EVENTS.name,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    last: Annotated[
        int | None, typer.Option("--last", "-n", min=0, help="So many; 10 without --since.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="A span such as 10m, 2h or 7d, or an ISO 8601 time.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="A type such as reply.sent or reply.*; may be repeated."),
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="A contact id, or a number (asks PostgreSQL whose it is).")
    ] = None,
    of_session: Annotated[UUID | None, typer.Option("--session", help="The session's id.")] = None,
    partition: Annotated[list[int] | None, typer.Option(min=0, help="May be repeated.")] = None,
    unmasked: Unmasked = False,
    as_json: AsJson = False,
) -> None:
    """Show what stands on a topic, the newest last, in the order in which it was written.

    What is personal is shown as dots unless asked for. Only what is committed is shown.
    """
    site = session(context).site
    topics = [one.name for one in site.topics() if one != SENDER_LEDGER]
    if topic not in topics:
        fail(f"no such topic: {topic}", f"one of {', '.join(topics)}")
    begin = None if since is None else moment(since)
    count = _LAST if last is None and begin is None else last
    show = _print_json if as_json else _print_line

    async def work() -> None:
        contacts = None if person is None else await contacts_of(site, person)
        wanted = Selection(
            tuple(kind or ()),
            str(of_session) if of_session else None,
            contacts,
            frozenset(partition or ()),
        )
        async with open_topic(site.kafka(), topic) as asked:
            for one in await past(asked, wanted, since=begin, last=count):
                show(one, unmasked=unmasked)
            if follow:
                async for one in coming(asked, wanted):
                    show(one, unmasked=unmasked)

    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        run(work())


def moment(told: str) -> datetime:
    """Read a span before now, or a time; what no record can be of is where Kafka's times begin."""
    try:
        if span := _SPAN.fullmatch(told):
            seconds = int(span[1]) * _SECONDS[span[2]]
            return max(datetime.now(UTC) - timedelta(seconds=seconds), _BEGIN)
        at = datetime.fromisoformat(told)
        return max(at if at.tzinfo else at.replace(tzinfo=UTC), _BEGIN)
    except OverflowError:
        return _BEGIN
    except ValueError:
        fail(f"{told} is neither a span such as 10m, 2h or 7d nor an ISO 8601 time")


async def contacts_of(site: Installation, person: str) -> frozenset[str]:
    """Return the contact ids of a person, given by id or number. Raises DatabaseTrouble."""
    with contextlib.suppress(ValueError):
        return frozenset({str(UUID(person))})
    async with database(site.database(), seconds=site.timeout_seconds) as asked:
        found = await asked.contacts_of(person.removeprefix("+"))
    if not found:
        fail("nobody is known by that number or id")
    return frozenset(found)


def _print_json(one: Seen, *, unmasked: bool) -> None:
    out.print(json.dumps(one.shown(unmasked=unmasked), ensure_ascii=False), markup=False)


def _print_line(one: Seen, *, unmasked: bool) -> None:
    shown = one.shown(unmasked=unmasked)
    at = datetime.fromtimestamp(one.record.timestamp / 1000, UTC)
    data = json.dumps(shown.get("data", "(not readable)"), ensure_ascii=False)
    out.print(
        Text.assemble(
            (f"{at:%Y-%m-%d %H:%M:%S}Z", "dim"),
            f"  {one.record.partition}/{one.record.offset}  ",
            (one.kind or "(no CloudEvent)", "bold"),
            (f"  {shown.get('subject', '')}  ", "dim"),
            data,
        )
    )
