"""People who talk through the whole devstack at a steady rate, and when each was answered."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import aiohttp

Message: TypeAlias = Mapping[str, Any]

PAUSE_SECONDS = 3.0
"""Between two messages of one person: time to be answered."""
_AT_ONCE = 64


def _says(words: str) -> Message:
    return {"type": "text", "text": {"body": words}}


_TAP = {"type": "button_reply", "button_reply": {"id": "damage:water", "title": "Water"}}
SAID: Sequence[Message] = (
    _says("Hi, a pipe broke!"),
    _says("Ana Pérez"),
    _says("I don't have it at hand"),
    _says("ab-123456"),
    {"type": "interactive", "interactive": _TAP},
    _says("2026-01-20"),
)
"""What each person says; each of it is answered by one reply."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How long people waited for each reply, and how many messages had none in the end."""

    seconds: Sequence[float]
    unanswered: int
    wamids: frozenset[str]


def pace(rate: float, seconds: float) -> list[list[tuple[float, int, int]]]:
    """Plan who says what when: for each person the seconds, their number and the turn.

    People begin in a steady stream and speak once a pause, so that together they send `rate`
    messages a second.
    """
    people = max(1, round(rate * seconds / len(SAID)))
    return [
        [
            (number * len(SAID) / rate + turn * PAUSE_SECONDS, number, turn)
            for turn in range(len(SAID))
        ]
        for number in range(people)
    ]


async def walk(simulator: str, rate: float, seconds: float, first: int) -> Answered:
    """Let people talk, wait until they are answered, and read their transcripts."""
    plan = sorted(step for steps in pace(rate, seconds) for step in steps)
    numbers = sorted({number for _, number, _ in plan})
    connector = aiohttp.TCPConnector(limit=_AT_ONCE)
    async with aiohttp.ClientSession(base_url=simulator, connector=connector) as http:
        begin = time.monotonic()
        async with asyncio.TaskGroup() as speaking:
            for at, number, turn in plan:
                await asyncio.sleep(max(0.0, begin + at - time.monotonic()))
                speaking.create_task(_say(http, first + number, SAID[turn]))
    # The simulator ends connections that were idle for as long as we wait between two looks.
    anew = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(base_url=simulator, connector=anew) as http:
        transcripts = await _answered(http, [first + number for number in numbers])
    return _waits(transcripts)


async def _say(http: aiohttp.ClientSession, number: int, message: Message) -> None:
    async with http.post(f"/simulator/users/{_wa_id(number)}/messages", json=message) as answer:
        answer.raise_for_status()


async def _answered(
    http: aiohttp.ClientSession, numbers: Sequence[int]
) -> Sequence[Sequence[Message]]:
    """Read what was said, again and again until all is answered or nothing more comes."""
    before = -1
    while True:
        transcripts = [await _transcript(http, number) for number in numbers]
        replies = sum(one["direction"] == "out" for lines in transcripts for one in lines)
        if replies in (before, len(numbers) * len(SAID)):
            return transcripts
        before = replies
        await asyncio.sleep(5)


async def _transcript(http: aiohttp.ClientSession, number: int) -> Sequence[Message]:
    async with http.get(f"/simulator/users/{_wa_id(number)}/transcript") as answer:
        lines: list[Message] = await answer.json()
        return lines


def _waits(transcripts: Sequence[Sequence[Message]]) -> Answered:
    """Pair the n-th message of a person with the n-th reply."""
    seconds: list[float] = []
    unanswered = 0
    wamids: set[str] = set()
    for lines in transcripts:
        said = [one for one in lines if one["direction"] == "in"]
        heard = [one for one in lines if one["direction"] == "out"]
        unanswered += len(said) - len(heard)
        wamids.update(str(one["wamid"]) for one in said)
        seconds += [_at(reply) - _at(one) for one, reply in zip(said, heard, strict=False)]
    return Answered(seconds, unanswered, frozenset(wamids))


def _at(line: Message) -> float:
    return datetime.fromisoformat(line["at"]).timestamp()


def _wa_id(number: int) -> str:
    return f"1666{number:08}"
