"""What session-core parked: in its table, looked after by its own means; acts are noted here."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import typer

from agentctl.acts import Act, ActKind, ParkedPlace
from agentctl.adapters.kafka_desk import desk
from agentctl.commands.terminal import confirm, fail, known, out, run, session
from agentctl.installation import Installation
from domain.ports.command_source import SourceUnavailable
from domain.ports.parked_commands import ParkedLine, ParkedLines, Place
from domain.topics import OPERATOR_ACTS
from session_core.app.parked import dismisser, parked_lines, parked_records, redriver
from session_core.handlers import terminal
from session_core.settings import DatabaseSettings
from session_core.use_cases.choosing import NotParked
from session_core.use_cases.redriving import NotWaiting
from streaming.counting import counted
from streaming.kafka import OutgoingRecord

COMMANDS = "commands"
NOTHING_WAITS = "nothing waits"
_ALL = 2**31 - 1


class Line(NamedTuple):
    """One parked record in a list."""

    where: str
    place: str
    type: str
    parked_at: str
    state: str
    stood_at: str
    reason: str


def lines(context: typer.Context, *, everything: bool, limit: int) -> list[Line]:
    """List parked commands."""
    meant = ParkedLines(waiting=not everything)
    found = run(parked_lines(known(session(context).site.store), meant, limit=limit))
    return [_line(one) for one in found]


def shown(context: typer.Context, place: str, *, unmasked: bool) -> dict[str, Any]:
    """Return one parked command; its bytes only if asked for."""
    at = _place(place)
    settings = known(session(context).site.store)
    records = run(parked_records(settings, ParkedLines(at.shard), limit=_ALL))
    found = [one for one in records if one[0].place == at]
    if not found:
        fail(f"{COMMANDS}/{place} is not parked")
    told: dict[str, Any] = terminal.parked_record(*found[0])
    hidden = () if unmasked else ("key", "value", "headers")
    return {name: "•••" if name in hidden else one for name, one in told.items()}


def redrive(
    context: typer.Context, places: Sequence[str], *, reason: str, why: str, again: bool, yes: bool
) -> None:
    """Send parked commands again, as `session-core redrive` does."""
    site = session(context).site
    settings = known(site.session_core)
    chosen = _chosen(settings, places, reason)
    if not chosen:
        out.print(NOTHING_WAITS)
        return
    confirm(_plan("send", chosen, "session-core"), yes=yes)

    async def one_by_one() -> None:
        async with redriver(settings) as sender:
            await _each(chosen, lambda at: sender.some([at], again=again), site, "redriven", why)

    _run(one_by_one)


def dismiss(
    context: typer.Context, places: Sequence[str], *, reason: str, why: str, yes: bool
) -> None:
    """Let parked commands rest, as `session-core dismiss` does."""
    site = session(context).site
    settings = known(site.store)
    chosen = _chosen(settings, places, reason)
    if not chosen:
        out.print(NOTHING_WAITS)
        return
    confirm(_plan("skip", chosen, "nobody"), yes=yes)

    async def one_by_one() -> None:
        async with dismisser(settings) as by:
            await _each(chosen, lambda at: by.some([at]), site, "skipped", why)

    _run(one_by_one)


async def _each(
    chosen: Sequence[ParkedLine],
    act: Callable[[Place], Awaitable[None]],
    site: Installation,
    kind: ActKind,
    why: str,
) -> None:
    done = 0
    try:
        async with desk(site.kafka()) as taken:
            for line in chosen:
                await act(line.place)
                done += 1
                await taken.write([_noted(line, kind, site.operator, why)])
    finally:
        out.print(f"{kind}: {done} of {len(chosen)}")


def _noted(line: ParkedLine, kind: ActKind, by: str, why: str) -> OutgoingRecord:
    about = str(ParkedPlace(COMMANDS, line.place.shard, line.place.offset))
    told = Act(kind, datetime.now(UTC), by, about, why, {"reason": line.reason})
    return OutgoingRecord(
        topic=OPERATOR_ACTS.name, value=told.encoded(), key=about.encode(), headers=()
    )


def _chosen(settings: DatabaseSettings, places: Sequence[str], reason: str) -> Sequence[ParkedLine]:
    if not places:
        meant = ParkedLines(waiting=True, reason=reason)
        return run(parked_lines(settings, meant, limit=_ALL))
    wanted = sorted({_place(place) for place in places})
    found = {one.place: one for one in run(parked_lines(settings, ParkedLines(), limit=_ALL))}
    if missing := [f"{one.shard}/{one.offset}" for one in wanted if one not in found]:
        fail(f"not parked: {', '.join(missing)}")
    return [found[one] for one in wanted]


def _run(work: Callable[[], Any]) -> None:
    try:
        run(work())
    except (NotParked, NotWaiting, SourceUnavailable) as refused:
        fail(str(refused))


def _place(told: str) -> Place:
    shard, slash, offset = told.removeprefix(f"{COMMANDS}/").partition("/")
    if not (slash and shard.isdecimal() and offset.isdecimal()):
        fail(f"{told} is no place", "PARTITION/OFFSET, as `agentctl parked list` prints them")
    if int(shard) > _ALL:  # more than PostgreSQL's column takes
        fail(f"not parked: {told}")
    return Place(int(shard), int(offset))


def _line(one: ParkedLine) -> Line:
    place = f"{one.place.shard}/{one.place.offset}"
    state = "skipped" if one.dismissed_at else "redriven" if one.redriven_at else "waiting"
    at = f"{one.parked_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    return Line(COMMANDS, place, one.type or "", at, state, place, one.reason)


def _plan(verb: str, chosen: Sequence[ParkedLine], target: str) -> list[str]:
    told = [f"  {COMMANDS}/{one.place.shard}/{one.place.offset}  {one.reason}" for one in chosen]
    return [f"{verb} {counted(len(chosen), 'parked command')} to {target}:", *told[:20]]
