"""A picture without its place that takes no room: it is made of the fetched one whenever read."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Self

from file_manager.use_cases.locations import stripped
from file_manager.use_cases.spool import Spool


class Cleaned:
    """A Content for as long as the fetched file is open; both of them one reader at a time."""

    def __init__(self, fetched: Spool, mime_type: str) -> None:
        self._fetched = fetched
        self._mime_type = mime_type
        self.size = 0
        self.sha256 = ""

    @classmethod
    async def of(cls, fetched: Spool, mime_type: str) -> Self:
        """Go through it once, to know what it will be. Raises Unacceptable."""
        cleaned = cls(fetched, mime_type)
        await asyncio.to_thread(cleaned._measure)
        return cleaned

    async def parts(self, size: int) -> AsyncIterator[bytes]:
        """Yield all of it in parts of `size`, the last one less."""
        pieces, rest = self._pieces(), bytearray()
        while part := await asyncio.to_thread(_part, pieces, rest, size):
            yield part

    def _pieces(self) -> Iterator[bytes]:
        return stripped(self._fetched.content, self._mime_type)

    def _measure(self) -> None:
        digest = hashlib.sha256()
        for piece in self._pieces():
            self.size += len(piece)
            digest.update(piece)
        self.sha256 = digest.hexdigest()


def _part(pieces: Iterator[bytes], rest: bytearray, size: int) -> bytes:
    """Return the next part; what was read beyond it stays in `rest`."""
    while len(rest) < size and (piece := next(pieces, None)) is not None:
        rest += piece
    part = bytes(memoryview(rest)[:size])
    del rest[:size]
    return part
