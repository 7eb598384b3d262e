"""What operators read in their terminal. Nothing personal is printed, but for bytes asked for."""

import json
import sys
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, NoReturn

import typer

from domain import events
from domain.ports.command_source import Delivery
from domain.ports.event_store import RecordedEvent
from domain.ports.operators import SessionLine
from domain.ports.parked_commands import ParkedLine
from session_core.use_cases.rebuilding import Comparison
from session_core.use_cases.verifying import Verdict
from session_core.use_cases.witnessing import ReplyOutcome, ReplyOutcomes

_COUNTED_WIDTH = 60
"""Letters: with the columns before it a line fits into eighty."""


def fail(line: str) -> NoReturn:
    """Say why not, and leave with 1."""
    typer.echo(line, err=True)
    sys.exit(1)


def table(sessions: Sequence[SessionLine]) -> str:
    """Lay sessions out, one a line."""
    rows = [("SESSION", "FLOW", "VERSION", "STATUS", "TEAM", "REASON", "SINCE")]
    rows += [
        (
            str(line.session_id),
            line.flow,
            line.flow_version,
            line.status,
            line.team or "-",
            line.reason or "-",
            _time(line.since),
        )
        for line in sessions
    ]
    return _aligned(rows)


def parked(lines: Sequence[ParkedLine]) -> str:
    """Lay parked commands out, one a line."""
    rows = [("SHARD", "OFFSET", "TYPE", "PARKED", "REDRIVEN", "DISMISSED", "REASON")]
    rows += [
        (
            str(line.place.shard),
            str(line.place.offset),
            line.type or "-",
            _time(line.parked_at),
            _time(line.redriven_at) if line.redriven_at else "-",
            _time(line.dismissed_at) if line.dismissed_at else "-",
            line.reason,
        )
        for line in lines
    ]
    return _aligned(rows)


def parked_json(records: Sequence[tuple[ParkedLine, Delivery]]) -> str:
    """Give the same for programs, with the bytes of each in base64: these are personal."""
    return json.dumps([parked_record(line, record) for line, record in records], indent=2)


def parked_record(line: ParkedLine, record: Delivery) -> dict[str, Any]:
    """Give one of them; key, value and headers are personal."""
    return {
        "shard": line.place.shard,
        "offset": line.place.offset,
        "command_id": None if line.command_id is None else str(line.command_id),
        "type": line.type,
        "reason": line.reason,
        "parked_at": line.parked_at.isoformat(),
        "redriven_at": line.redriven_at.isoformat() if line.redriven_at else None,
        "redriven": line.redriven,
        "dismissed_at": line.dismissed_at.isoformat() if line.dismissed_at else None,
        "key": _base64(record.key),
        "value": _base64(record.value),
        "headers": [[name, _base64(content)] for name, content in record.headers],
    }


def _base64(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def effects(recorded: Sequence[RecordedEvent]) -> str:
    """Lay out the events that a command led to."""
    return _aligned(
        [(one.event.type, str(one.event.stream_id), f"v{one.event.version}") for one in recorded]
    )


def replies(outcomes: ReplyOutcomes, seconds: float) -> str:
    """Lay out what came of each reply that a command asked for."""
    return _aligned(
        [
            (told.TYPE if told else "-", f"reply {reply}", _remark(told, seconds))
            for reply, told in outcomes.items()
        ]
    )


def _remark(told: ReplyOutcome | None, seconds: float) -> str:
    match told:
        case None:
            return f"asked for, no outcome yet (waited {seconds:g} s; it may still go out)"
        case events.ReplySent(fallback=True):
            return "the template given as fallback, not the message: the window was closed"
        case events.ReplyFailed():
            return f"{told.reason} ({told.code})" if told.code else told.reason
        case _:
            return ""


def not_reached(outcomes: ReplyOutcomes) -> str | None:
    """Say why a reply does not reach the person, or None."""
    failed = [told.reason for told in outcomes.values() if isinstance(told, events.ReplyFailed)]
    return f"not sent to the person: {', '.join(dict.fromkeys(failed))}" if failed else None


def set_aside(line: ParkedLine) -> str:
    """Say that a command could not be decided, and where it is now."""
    place = line.place
    return f"parked: {line.reason} (shard {place.shard} offset {place.offset})"


def no_event(seconds: float) -> str:
    """Say why a command may have led to nothing."""
    return (
        f"no event within {seconds:g} s. Either it has no effect: as the conversation stands now"
        " there is nothing to do (the person is in a session already, the session has ended or was"
        " handed off or given back meanwhile, the contact was merged), or it had its effect"
        " before. Or it still waits: session-core does not run, is behind, or its shard is halted"
        " (/readyz says so)."
    )


def comparison(compared: Comparison) -> str:
    """Lay out how much was rebuilt, and each difference on a line of its own."""
    figures = asdict(replace(compared, findings=()))
    lines = [(name, _figure(value)) for name, value in figures.items() if name != "findings"]
    return "\n".join([_aligned(lines), *compared.findings])


def comparison_json(compared: Comparison) -> str:
    """Give the same for programs."""
    return json.dumps({"holds": compared.holds, **asdict(compared)}, indent=2)


def verdict(given: Verdict) -> str:
    """Lay out the invariants with what was counted below each, and each finding on a line."""
    rows = [("INVARIANT", "HOLDS", "PROMISE, AND WHAT WAS COUNTED")]
    for name, one in given.invariants.items():
        rows.append((name, "yes" if one.holds else "NO", one.promise))
        counted = ", ".join(f"{what}\xa0{_figure(value)}" for what, value in one.figures.items())
        lines = wrap(counted, _COUNTED_WIDTH, break_on_hyphens=False)
        rows += [("", "", f"  {line}".replace("\xa0", " ")) for line in lines]
    return "\n".join([_aligned(rows), *given.findings])


def verdict_json(given: Verdict) -> str:
    """Give the same for programs."""
    invariants = {
        name: {"holds": one.holds, **one.figures} for name, one in given.invariants.items()
    }
    told = {"holds": given.holds, "invariants": invariants, "findings": list(given.findings)}
    return json.dumps(told, indent=2)


def _figure(value: float) -> str:
    return str(round(value, 1))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
