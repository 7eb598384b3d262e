"""Commands about a map, for whoever writes one: nothing has to run, and nobody is told."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TextIO
from uuid import UUID

from crm_notifier.adapters.pretending import Called, PretendedCrm
from crm_notifier.crms import CRMS, PRETENCES, Access, Crm, mistakes
from crm_notifier.mapping import CrmMap, UnusableMap, load
from crm_notifier.use_cases.flow_names import ByHand, read_names, unknown_names
from crm_notifier.use_cases.previewing import Preview, preview
from domain.codec import UndecodableMessage, decode_event
from domain.events import Note, Outcome, SessionCompleted, SessionHandedOff
from domain.ports.crm import CrmFailure, CrmService, Notable
from domain.values import ContactId, EventId, SessionId
from streaming.counting import counted

COMMANDS = frozenset({"check", "dry-run", "-h", "--help"})
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY, _NOWHERE = ContactId(UUID(int=0)), SessionId(UUID(int=0))


def command(arguments: Sequence[str], given: TextIO, out: TextIO) -> int:
    """Run a command and return its exit code: 1 when the map or what was given is wrong."""
    options = _parser().parse_args(arguments)
    try:
        crm_map = load(options.map)
        checking = options.command == "check"
        lines = _check(crm_map, options) if checking else _dry_run(crm_map, options, given)
        out.writelines(f"{line}\n" for line in lines)
    except UnusableMap as wrong:
        return _fail(*(f"{options.map}: {mistake}" for mistake in wrong.mistakes))
    except UndecodableMessage as wrong:
        return _fail(f"not an event: {wrong}")
    except OSError as wrong:
        return _fail(f"{wrong.filename or 'input'}: {wrong.strerror}")
    except ValueError as wrong:
        return _fail(str(wrong))
    return 0


def _parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="crm-notifier", description="Without a command the service runs."
    )
    commands = whole.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say what is wrong with a map")
    check.add_argument("map", type=Path, help="crm.yaml")
    check.add_argument("--crm", choices=sorted(CRMS), help="the CRM that is to hold it")
    check.add_argument("--flows", type=Path, help="the folder of the flows that it is about")
    for name, what in (("outcome", "colleagues end sessions with"), ("team", "they hand some to")):
        check.add_argument(f"--{name}", action="append", default=[], help=f"{what}; no flow does")
    dry = commands.add_parser("dry-run", help="print what a CRM would hold")
    dry.add_argument("map", type=Path, help="crm.yaml")
    dry.add_argument("--crm", choices=sorted(PRETENCES), help="print the calls of this CRM instead")
    source = dry.add_mutually_exclusive_group(required=True)
    source.add_argument("--events", help="file of events, one a line as JSON; - is standard input")
    source.add_argument("--flow", help="one session of this flow, with what follows")
    dry.add_argument("--answer", action="append", default=[], metavar="STEP=ANSWER")
    dry.add_argument("--data", default="null", help="what the flow's last step names, as JSON")
    ends = dry.add_mutually_exclusive_group()
    ends.add_argument("--outcome", default="completed")
    ends.add_argument("--team", help="of colleagues who take the session over")
    return whole


def _check(crm_map: CrmMap, options: argparse.Namespace) -> Iterator[str]:
    if options.crm is not None and (wrong := mistakes(options.crm, crm_map)):
        raise UnusableMap(*wrong)
    if options.flows is not None:
        files = sorted(options.flows.glob("*.yaml"))
        known = read_names(file.read_text(encoding="utf-8") for file in files)
        by_hand = ByHand(frozenset(options.outcome), frozenset(options.team))
        if wrong := [*unknown_names(crm_map, known, by_hand)]:
            raise UnusableMap(*wrong)
    yield f"{options.map} is right: {counted(len(crm_map.flows), 'flow')}"


def _dry_run(crm_map: CrmMap, options: argparse.Namespace, given: TextIO) -> Iterator[str]:
    events = _made_up(options) if options.flow else _read(options.events, given)
    if options.crm is not None:
        yield from asyncio.run(_calls(options.crm, crm_map, events))
        return
    for event in events:
        if shown := preview(crm_map, event):
            yield event.TYPE
            yield from _shown(shown)


def _shown(shown: Preview) -> Iterator[str]:
    for name, fields in (("contact", shown.contact), ("case", shown.case)):
        for field, value in fields.items():
            yield f"  {name}.{field} = {value}"
    if shown.left_out:
        yield f"  left out: {', '.join(shown.left_out)}"


async def _calls(name: Crm, crm_map: CrmMap, events: Iterable[Notable]) -> Sequence[str]:
    """Tell the adapter, and return what it would have called of each event."""
    crm, http = _pretended(name, crm_map)
    lines: list[str] = []
    for number, event in zip(count(1), events, strict=False):
        if type(event) not in crm.supports:
            continue
        lines.append(event.TYPE)
        try:
            await crm.tell(event, event_id=EventId(UUID(int=number)), at=_AT)
        except CrmFailure as failure:
            lines.append(f"  {type(failure).__name__}: {failure}")
        lines += [line for called in http.calls() for line in _called(called)]
    return lines


def _pretended(name: Crm, crm_map: CrmMap) -> tuple[CrmService, PretendedCrm]:
    """Make the adapter. Raises ValueError where the map asks for what its CRM cannot hold."""
    variables, answers = PRETENCES[name]
    http = PretendedCrm(answers)
    return CRMS[name](Access.model_validate({"crm": name, **variables}), http, crm_map), http


def _called(called: Called) -> Iterator[str]:
    yield f"  {called.method} {called.path}"
    if called.body is not None:
        body = json.dumps(called.body, indent=2, ensure_ascii=False)
        yield from (f"    {line}" for line in body.splitlines())


def _made_up(options: argparse.Namespace) -> Iterator[Notable]:
    answers = dict(_answer(one) for one in options.answer)
    if options.team:
        yield SessionHandedOff(
            contact_id=_NOBODY,
            session_id=_NOWHERE,
            phone_number_id="",
            flow=options.flow,
            team=options.team,
            reason="asked",
            personal=Note(answers=answers or None),
        )
        return
    yield SessionCompleted(
        contact_id=_NOBODY,
        session_id=_NOWHERE,
        phone_number_id="",
        flow=options.flow,
        outcome=options.outcome,
        personal=Outcome(answers=answers, data=json.loads(options.data)),
    )


def _answer(given: str) -> tuple[str, str]:
    step, equals, answer = given.partition("=")
    if not equals:
        raise ValueError(f"--answer {given}: write STEP=ANSWER")
    return step, answer


def _read(name: str, given: TextIO) -> Iterator[Notable]:
    lines = given if name == "-" else Path(name).read_text(encoding="utf-8").splitlines()
    for line in filter(str.strip, lines):
        match json.loads(line):
            case {"type": str(kind), "data": data}:
                event = decode_event(kind, json.dumps(data).encode())
            case _:
                raise ValueError('an event is written as {"type": …, "data": …}')
        if isinstance(event, Notable):
            yield event


def _fail(*mistakes: str) -> int:
    sys.stderr.writelines(f"{mistake}\n" for mistake in mistakes)
    return 1
