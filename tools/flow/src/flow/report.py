"""What the author reads after `flow test`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.session.flows.lines import Lines
from flow.reading import TestFile
from flow.trying import Failed
from flow.visiting import Covered


def failure(file: TestFile, failed: Failed) -> Iterator[str]:
    """Show a transcript that went otherwise: where, and what differs."""
    transcript = file.transcripts.transcripts[failed.transcript]
    line = file.line_of(failed.transcript, failed.turn)
    yield f"{file.path}:{line}: {transcript.name}, turn {failed.turn + 1}"
    if failed.cannot is not None:
        yield f"  {failed.cannot}"
    for difference in failed.differences:
        yield from (f"  {line}" for line in difference.lines())
    yield ""


def left(file: TestFile, transcript: int, turn: int) -> Iterator[str]:
    """Say that a transcript was played until there on this day, and no further."""
    name = file.transcripts.transcripts[transcript].name
    line = file.line_of(transcript, turn)
    yield f"{file.path}:{line}: {name}, turn {turn + 1}: on this day it does not come to that"


def coverage(covered: Sequence[Covered], files: dict[str, Path]) -> Iterator[str]:
    """Show how much of each flow was gone through; of those with a file, what was not."""
    width = max((len(one.flow.name) for one in covered), default=0)
    for one in covered:
        reached = len(one.steps) - len(one.missing_steps)
        taken = len(one.ways) - len(one.missing_ways)
        yield (
            f"{one.flow.name:{width}}  {reached}/{len(one.steps)} steps,"
            f" {taken}/{len(one.ways)} ways"
        )
    for one in covered:
        if one.flow.name in files:
            yield from _missing(one, files[one.flow.name])


def _missing(one: Covered, file: Path) -> Iterator[str]:
    lines = Lines(file.read_text(encoding="utf-8"))
    for step in one.missing_steps:
        line = lines.line(("steps", one.steps.index(step)))
        yield f"{file}:{line}: no transcript comes to step {step}"
    for way in one.missing_ways:
        if way.step in one.missing_steps:
            continue
        line = lines.line(("steps", one.steps.index(way.step or "")))
        when = f" ({way.label})" if way.label else ""
        yield f"{file}:{line}: no transcript goes from {way.step} to {way.to}{when}"
