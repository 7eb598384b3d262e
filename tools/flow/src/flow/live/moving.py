"""Moves a transcript to today: a running system has no other time."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.session.flows.flow import Flow
from domain.session.flows.formatting import LENGTHS, formats
from flow.transcript import Transcript

_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


def moved(transcript: Transcript, flow: Flow, now: datetime) -> Transcript:
    """Return the transcript with its days moved on, as far as from its beginning to now.

    Only one that says `at` has days that are meant from there. They move in what is said, looked
    up and expected, also where a text writes them out; days that the flow itself names stay.
    """
    if transcript.at is None:
        return transcript
    named = {*_DAY.findall(transcript.model_dump_json(exclude={"at"}))}
    days = [date.fromisoformat(day) for day in named if day not in flow.source]
    zone = ZoneInfo(flow.definition.time_zone)
    far = now.astimezone(zone).date() - transcript.at.astimezone(zone).date()
    written = dict(pair for day in days for pair in _written(flow, day, far))
    if not written:
        return transcript
    told = transcript.model_dump(exclude_unset=True, exclude={"at"})
    return Transcript.model_validate(_replaced(told, written))


def _written(flow: Flow, day: date, by: timedelta) -> Iterator[tuple[str, str]]:
    """Yield how the day is written, and how the one to which it moves."""
    before, after = day.isoformat(), (day + by).isoformat()
    yield before, after
    for language in flow.definition.languages:
        known = formats(language, flow.definition.time_zone)
        for length in LENGTHS:
            yield known.date(before, length) or before, known.date(after, length) or after


def _replaced(told: Any, written: Mapping[str, str]) -> Any:
    match told:
        case str():
            longest = sorted(written, key=len, reverse=True)
            anyone = re.compile("|".join(map(re.escape, longest)))
            return anyone.sub(lambda found: written[found[0]], told)
        case Mapping():
            return {name: _replaced(one, written) for name, one in told.items()}
        case list() | tuple():
            return [_replaced(one, written) for one in told]
        case _:
            return told
