"""How long to wait before trying again: longer each time, never in step with others."""

import asyncio
import random


class Patience:
    """Waits `first` seconds, then twice as long each time, up to `most`."""

    def __init__(self, *, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._next = first

    async def wait(self) -> None:
        """Wait, and be ready to wait longer."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))  # noqa: S311 not a secret
        self._next = min(self._next * 2, self._most)

    def restore(self) -> None:
        """Begin anew with the shortest wait."""
        self._next = self._first
