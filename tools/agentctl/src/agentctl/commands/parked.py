"""`agentctl parked`: what could not be handled, wherever it waits."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeAlias

import typer
from pydantic_core import from_json

from agentctl.acts import ParkedPlace
from agentctl.adapters.http import http
from agentctl.adapters.kafka_desk import Desk, desk
from agentctl.commands import parked_commands
from agentctl.commands.terminal import (
    AsJson,
    Unmasked,
    Yes,
    confirm,
    fail,
    out,
    run,
    session,
    table,
)
from agentctl.installation import Installation, NotKnown
from agentctl.masking import masked
from agentctl.use_cases.erasure import refuse_erased
from agentctl.use_cases.parking import (
    SOURCES,
    WEBHOOKS,
    NotParked,
    Parked,
    Source,
    at_places,
    parked,
    source_of,
    sources,
    waiting,
)
from agentctl.use_cases.redriving import (
    NotTaken,
    Operator,
    Refused,
    redrive_event,
    redrive_webhook,
    refuse_overtaking,
    refuse_unsafe,
    skip,
    to_ingress,
)
from streaming.counting import counted

COMMANDS = parked_commands.COMMANDS
_NAMES = (COMMANDS, *SOURCES)
_WHICH = f"One of {', '.join(_NAMES)}, or crm-notifier-NAME for a CRM with a name of its own."
_SHOWN = 20
_PLACES = "PARTITION/OFFSET, as listed; may be repeated."

Name: TypeAlias = Annotated[str, typer.Argument(metavar="WHERE", help=_WHICH)]
Places: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="PLACE", help=_PLACES)]
Everything: TypeAlias = Annotated[bool, typer.Option("--all", help="All that wait.")]
Reason: TypeAlias = Annotated[str, typer.Option(help="With --all: how the reason begins.")]

app = typer.Typer(
    no_args_is_help=True, help="What could not be handled: list it, look at it, send it again."
)


@app.command("list")
def listed(
    context: typer.Context,
    where: Annotated[
        str | None, typer.Argument(metavar="WHERE", help=f"{_WHICH} All unless said.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was redriven or skipped.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List what waits, in the order in which it was parked. Nothing personal is shown."""
    site = session(context).site
    rows: list[parked_commands.Line] = []
    if where in {None, COMMANDS} and (where or site.database_url):
        rows += parked_commands.lines(context, everything=everything, limit=limit)
    if where != COMMANDS:
        meant = sources(site.crm_names) if where is None else [_source(where)]
        rows += run(_lines(site, meant, everything=everything))
    rows = rows[:limit]
    if as_json:
        out.print(json.dumps([row._asdict() for row in rows], indent=2), markup=False)
        return
    columns = ("WHERE", "PLACE", "TYPE", "PARKED", "STATE", "STOOD AT", "REASON")
    table(columns, [[cell or "-" for cell in row] for row in rows])


@app.command()
def show(
    context: typer.Context,
    where: Name,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="PARTITION/OFFSET, as listed.")],
    *,
    unmasked: Unmasked = False,
) -> None:
    """Show one parked record with its headers, and what was done about it."""
    if where == COMMANDS:
        told = parked_commands.shown(context, place, unmasked=unmasked)
    else:
        source = _source(where)
        at = _place(source, place)
        found = run(_found(session(context).site, source))
        [one] = _chosen(found, [at])
        told = _shown(one, unmasked=unmasked)
    out.print(json.dumps(told, indent=2, ensure_ascii=False), markup=False)


@app.command()
def redrive(
    context: typer.Context,
    where: Name,
    places: Places = None,
    *,
    everything: Everything = False,
    reason: Reason = "",
    why: Annotated[str, typer.Option(help="Written down beside the act; nothing personal.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also what was settled.")] = False,
    even_old: Annotated[
        bool, typer.Option("--even-old", help="Also what was parked more than 7 days ago.")
    ] = False,
    out_of_order: Annotated[
        bool, typer.Option("--out-of-order", help="Also past earlier ones of the same person.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Send parked records again, in the order in which they were parked, and write it down.

    Events go to the service that parked them, webhooks to ingress, commands to session-core.
    Each goes out once, whoever else is at it: of two operators the later one goes on.
    """
    _require_choice(places, everything=everything)
    if where == COMMANDS:
        parked_commands.redrive(context, places or (), reason=reason, why=why, again=again, yes=yes)
        return
    source, site = _source(where), session(context).site
    wanted = [_place(source, place) for place in places or ()]

    async def work() -> None:
        async with _at_the_desk(site) as taken:
            found = await parked(site.kafka(), source)
            chosen = waiting(found, reason) if everything else at_places(found, wanted)
            if not chosen:
                out.print(parked_commands.NOTHING_WAITS)
                return
            now = datetime.now(UTC)
            refuse_unsafe(chosen, again=again, even_old=even_old, now=now)
            if not out_of_order:
                refuse_overtaking(chosen, found)
            if source.redriven is not None:
                await refuse_erased(site.kafka(), chosen)
            confirm(_plan("send", chosen, _target(source)), yes=yes)
            await _redrive(site, source, chosen, taken, _operator(site, why))

    _run(work())


@app.command("skip")
def skip_them(
    context: typer.Context,
    where: Name,
    places: Places = None,
    *,
    everything: Everything = False,
    reason: Reason = "",
    why: Annotated[str, typer.Option(help="Written down beside the act; nothing personal.")],
    yes: Yes = False,
) -> None:
    """Write down that nobody will send these again; they stay where they are.

    They are not listed any more, and `redrive --all` leaves them alone.
    """
    _require_choice(places, everything=everything)
    if where == COMMANDS:
        parked_commands.dismiss(context, places or (), reason=reason, why=why, yes=yes)
        return
    source, site = _source(where), session(context).site
    wanted = [_place(source, place) for place in places or ()]

    async def work() -> None:
        async with _at_the_desk(site) as taken:
            found = await parked(site.kafka(), source)
            chosen = waiting(found, reason) if everything else at_places(found, wanted)
            if not chosen:
                out.print(parked_commands.NOTHING_WAITS)
                return
            confirm(_plan("skip", chosen, "nobody"), yes=yes)
            for one in chosen:
                await skip(one, taken, _operator(site, why))
            out.print(f"skipped: {len(chosen)}")

    _run(work())


async def _redrive(
    site: Installation, source: Source, chosen: Sequence[Parked], taken: Desk, operator: Operator
) -> None:
    sent = 0
    try:
        if source.name == WEBHOOKS:
            async with http(seconds=site.timeout_seconds) as client:
                send = to_ingress(client, *_front_door(site))
                for one in chosen:
                    await redrive_webhook(one, send, taken, operator)
                    sent += 1
        else:
            for one in chosen:
                await redrive_event(source, one, taken, operator)
                sent += 1
    finally:
        out.print(f"redriven: {sent} of {len(chosen)}")


def _front_door(site: Installation) -> tuple[str, str]:
    if site.ingress_url is None:
        raise NotKnown("AGENT_INGRESS_URL is missing")
    if site.app_secret is None:
        raise NotKnown("AGENT_APP_SECRET is missing: ingress takes nothing unsigned")
    return site.ingress_url, site.app_secret.get_secret_value()


def _run(work: Any) -> None:
    try:
        run(work)
    except (NotParked, NotTaken, Refused) as refused:
        fail(str(refused))


@asynccontextmanager
async def _at_the_desk(site: Installation) -> AsyncIterator[Desk]:
    async with desk(site.kafka()) as taken:
        yield taken


def _operator(site: Installation, why: str) -> Operator:
    return Operator(site.operator, why, lambda: datetime.now(UTC))


async def _found(site: Installation, source: Source) -> Sequence[Parked]:
    return await parked(site.kafka(), source)


async def _lines(
    site: Installation, meant: Sequence[Source], *, everything: bool
) -> list[parked_commands.Line]:
    found = [one for source in meant for one in await parked(site.kafka(), source)]
    return [_line(one) for one in found if everything or one.waits]


def _line(one: Parked) -> parked_commands.Line:
    place = f"{one.place.partition}/{one.place.offset}"
    at = f"{one.at:%Y-%m-%d %H:%M:%S}Z"
    return parked_commands.Line(
        one.place.source, place, one.kind, at, one.state, one.stood, one.reason
    )


def _shown(one: Parked, *, unmasked: bool) -> dict[str, Any]:
    value = one.record.value
    try:
        content = from_json(value or b"")
    except ValueError:
        content = None
    if unmasked:
        shown = content if content is not None else _base64(value)
    else:
        shown = masked(one.kind, content) if one.kind and content is not None else "•••"
    return {
        "where": one.place.source,
        "place": f"{one.place.partition}/{one.place.offset}",
        "state": one.state,
        "parked_at": one.at.isoformat(),
        "reason": one.reason,
        "key": (one.record.key or b"").decode(errors="replace") or None,
        "headers": {
            name: (content or b"").decode(errors="replace") for name, content in one.record.headers
        },
        "bytes": len(value or b""),
        "value": shown,
        "acts": [
            {"act": act.kind, "at": act.at.isoformat(), "by": act.by, "why": act.why}
            for act in one.acts
        ],
    }


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _plan(verb: str, chosen: Sequence[Parked], target: str) -> list[str]:
    head = f"{verb} {counted(len(chosen), 'parked record')} to {target}:"
    return [head, *(f"  {one.place}  {one.kind or '-'}  {one.reason}" for one in chosen[:_SHOWN]),
            *([f"  and {len(chosen) - _SHOWN} more"] if len(chosen) > _SHOWN else [])]  # fmt: skip


def _target(source: Source) -> str:
    return "ingress" if source.redriven is None else f"{source.name} ({source.redriven.name})"


def _chosen(found: Sequence[Parked], places: Sequence[ParkedPlace]) -> Sequence[Parked]:
    try:
        return at_places(found, places)
    except NotParked as error:
        fail(str(error))


def _require_choice(places: Sequence[str] | None, *, everything: bool) -> None:
    if everything == bool(places):
        fail("say places, or --all")


def _source(where: str) -> Source:
    source = source_of(where)
    if source is None:
        _unknown(where)
    return source


def _unknown(where: str) -> NoReturn:
    fail(f"nothing is parked under {where}", _WHICH)


def _place(source: Source, told: str) -> ParkedPlace:
    partition, slash, offset = told.removeprefix(f"{source.name}/").partition("/")
    if not (slash and partition.isdecimal() and offset.isdecimal()):
        fail(f"{told} is no place", "PARTITION/OFFSET, as `agentctl parked list` prints them")
    return ParkedPlace(source.name, int(partition), int(offset))
