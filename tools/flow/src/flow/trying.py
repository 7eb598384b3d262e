"""Plays transcripts against the engine, and says what differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain import events
from domain.session import FlowBook, UnknownFlow
from flow.acting import CannotDo, act, kept, refused
from flow.comparing import Difference, differences, observed
from flow.reading import TestFile
from flow.rehearsal import NOON, NeverRests, Rehearsal
from flow.transcript import Transcript, Turn
from flow.visiting import Visits

A_TURN = timedelta(seconds=1)
"""How long everybody takes."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A turn that went otherwise."""

    transcript: int
    turn: int
    differences: tuple[Difference, ...] = ()
    cannot: str | None = None
    """Why the turn could not be played at all."""


@dataclass(frozen=True, slots=True)
class Played:
    """A transcript, and the first turn that went otherwise: what follows it means nothing."""

    rehearsal: Rehearsal
    failed: Failed | None = None


def play_file(file: TestFile, flows: FlowBook, visits: Visits | None = None) -> Iterator[Played]:
    """Play each transcript with somebody who never wrote before."""
    for number, transcript in enumerate(file.transcripts.transcripts):
        rehearsal = Rehearsal(flows, transcript.contact, transcript.at or NOON, visits=visits)
        yield Played(rehearsal, _play(rehearsal, file.transcripts.flow, transcript, number))


def _play(rehearsal: Rehearsal, flow: str, transcript: Transcript, which: int) -> Failed | None:
    for number, turn in enumerate(transcript.turns):
        until = transcript.turns[number + 1] if number + 1 < len(transcript.turns) else None
        before = len(rehearsal.log)
        try:
            if number == 0 and transcript.begin is not None:
                begin = transcript.begin
                rehearsal.begins(flow, begin.variables, begin.language)
            else:
                perform(turn, rehearsal)
            keep_files(turn, until, rehearsal)
        except (CannotDo, NeverRests) as cannot:
            return Failed(which, number, cannot=str(cannot))
        except UnknownFlow:
            return Failed(which, number, cannot=f"there is no flow {flow}")
        happened = [event for event, _ in rehearsal.log[before:]]
        found = differences(turn, observed(happened, rehearsal.person))
        if found := [*_another_flow(flow, number, happened), *found]:
            return Failed(which, number, tuple(found))
    return None


def perform(turn: Turn, rehearsal: Rehearsal) -> None:
    """Do what the turn says, a moment after the last one. Raises CannotDo and NeverRests."""
    if rehearsal.log and turn.after is None:
        rehearsal.passes(A_TURN)
    act(turn, rehearsal)


def keep_files(turn: Turn, following: Turn | None, rehearsal: Rehearsal) -> None:
    """Keep the files that came, as the file manager does, unless the next turn says otherwise."""
    spared = 1 if following is not None and following.file is not None else 0
    size = turn.send.size if turn.send else 1000
    while len(rehearsal.files) > spared:
        file = rehearsal.files.pop(0)
        too_large = file.max_bytes is not None and size > file.max_bytes
        rehearsal.decides(refused(file, "too-large") if too_large else kept(file, size))


def _another_flow(flow: str, number: int, happened: Sequence[events.Event]) -> Iterator[Difference]:
    began = [event.flow for event in happened if isinstance(event, events.SessionInitiated)]
    if number == 0 and began and flow not in began:
        yield Difference("flow", flow, began[0])
