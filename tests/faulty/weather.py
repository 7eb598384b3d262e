"""What comes over lines and processes while a test goes on, by the luck of a seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from faulty.line import MOODS, Line, Mood
from faulty.programs import Program

_TROUBLES: Sequence[Mood] = tuple(mood for mood in MOODS if mood != "fine")
_FINE_SECONDS, _TROUBLE_SECONDS = (1.0, 3.0), (0.5, 2.5)
_KILL_SECONDS = (6.0, 10.0)


class Weather:
    """Changes the mood of each line by itself, and kills each program now and then."""

    def __init__(
        self, lines: Mapping[str, Line], programs: Sequence[Program], chance: random.Random
    ) -> None:
        self.seen: Counter[tuple[str, Mood]] = Counter()
        self._lines = lines
        self._programs = programs
        self._chance = chance

    async def last(self, seconds: float) -> None:
        """Go on for so long; afterwards all is well."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for name, line in self._lines.items():
                group.create_task(self._change(name, line, over))
            for program in self._programs:
                group.create_task(self._kill(program, over))
            await asyncio.sleep(seconds)
            over.set()
        for line in self._lines.values():
            await line.change("fine")

    async def _change(self, name: str, line: Line, over: asyncio.Event) -> None:
        for trouble in self._troubles():
            if await _is_over(over, self._chance.uniform(*_FINE_SECONDS)):
                return
            self.seen[name, trouble] += 1
            await line.change(trouble)
            if await _is_over(over, self._chance.uniform(*_TROUBLE_SECONDS)):
                return
            await line.change("fine")

    def _troubles(self) -> Iterator[Mood]:
        """Give each kind once before any comes again."""
        while True:
            yield from self._chance.sample(_TROUBLES, len(_TROUBLES))

    async def _kill(self, program: Program, over: asyncio.Event) -> None:
        while not await _is_over(over, self._chance.uniform(*_KILL_SECONDS)):
            await program.kill_and_start()


async def _is_over(over: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return False
    return True
