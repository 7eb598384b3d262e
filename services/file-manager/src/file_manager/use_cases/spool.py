"""Keeps one file on its way: in memory while it is small, else on this machine's disk."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator

MEMORY_BYTES = 4 * 1024 * 1024
"""What is larger lies in a file without a name, which ends with the process at the latest."""
_BATCH_BYTES = 1024 * 1024
"""So much at once goes to the disk, in a thread: a call for every piece would cost as much."""


class Spool:
    """All bytes that came so far; hashed as they come, then read as often as is liked.

    One at a time may use it. What is called in a thread blocks: `head`, `read`, and whoever works
    on `content`, which has to `seek` first.
    """

    def __init__(self) -> None:
        self.content = tempfile.SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 close() does it
        self.size = 0
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    def clear(self) -> None:
        """Begin anew."""
        self.content.seek(0)
        self.content.truncate()
        self.size = 0
        self._digest = hashlib.sha256()
        self._waiting, self._waiting_bytes = [], 0

    @property
    def sha256(self) -> str:
        """The hash (hex) of all that was flushed."""
        return self._digest.hexdigest()

    async def append(self, piece: bytes) -> None:
        """Take what comes next."""
        self.size += len(piece)
        self._waiting.append(piece)
        self._waiting_bytes += len(piece)
        if self._waiting_bytes >= _BATCH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Bring what came to its place; before it, nothing can be read."""
        if self.size <= _BATCH_BYTES:
            self._write()
        else:
            await asyncio.to_thread(self._write)

    async def parts(self, size: int) -> AsyncIterator[bytes]:
        """Yield all of it in parts of `size`, the last one less; of nothing, one that is empty."""
        for begin in range(0, max(1, self.size), size):
            yield await self.part(begin, size)

    async def part(self, begin: int, size: int) -> bytes:
        """Return up to `size` bytes from `begin`."""
        if self.size <= MEMORY_BYTES:
            return self.read(begin, size)
        return await asyncio.to_thread(self.read, begin, size)

    def head(self, size: int) -> bytes:
        """Return up to so many of the first bytes."""
        return self.read(0, size)

    def read(self, begin: int, size: int) -> bytes:
        """Return up to `size` bytes from `begin`."""
        self.content.seek(begin)
        return self.content.read(size)

    def close(self) -> None:
        """Give the room back."""
        self.content.close()

    def _write(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self.content.seek(0, 2)
        for piece in waiting:
            self._digest.update(piece)
            self.content.write(piece)
