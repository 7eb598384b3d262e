"""Hundreds of people who write to the business, spread over the run."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence

from chaos.phones import Phones
from chaos.talking import Person, Talking

MOST_AT_ONCE = 60
WITHOUT_NUMBER = 8
"""One in so many people has no number that the business could ever see."""
LAST_ARRIVAL_S = 15.0
"""Seconds before the end of the run after which nobody begins."""


class Crowd:
    """`counts` says how many came, how many conversations ended well, and how many were left."""

    def __init__(self, phones: Phones) -> None:
        self.phones = phones
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self.counts: Counter[str] = Counter()

    async def come(self, people: Sequence[Person], *, seconds: float) -> None:
        """Let them arrive evenly; return when the time is over, whoever still talks."""
        begin = time.monotonic()
        pause = max(0.0, seconds - LAST_ARRIVAL_S) / max(1, len(people))
        talks: set[asyncio.Task[None]] = set()
        for number, person in enumerate(people):
            await asyncio.sleep(max(0.0, begin + number * pause - time.monotonic()))
            talks.add(asyncio.create_task(self._visit(person, begin + seconds)))
        await asyncio.sleep(max(0.0, begin + seconds - time.monotonic()))
        for talk in talks:
            talk.cancel()
        for outcome in await asyncio.gather(*talks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _visit(self, person: Person, end: float) -> None:
        async with self._room:
            if time.monotonic() > end - 1:
                return
            self.counts["people"] += 1
            self.counts["unfinished"] += 1
            finished = await Talking(person, self.phones).run()
            self.counts["unfinished"] -= 1
            self.counts["finished" if finished else "left"] += 1


def people(seed: int, count: int) -> list[Person]:
    """Return so many people, the same for the same seed; some have a user id and no number."""
    dice = random.Random(seed)  # noqa: S311 - to be repeatable
    numbers = dice.sample(range(10**7), count)
    return [Person(_key(number), dice.getrandbits(64)) for number in numbers]


def _key(number: int) -> str:
    return f"US.1555{number:07d}" if number % WITHOUT_NUMBER == 0 else f"1555{number:07d}"
