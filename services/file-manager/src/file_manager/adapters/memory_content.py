"""A file in memory as it is to be stored: for tests, and for trying a storage."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryContent:
    """A Content of bytes that are there."""

    content: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Hex."""
        return hashlib.sha256(self.content).hexdigest()

    async def parts(self, size: int) -> AsyncIterator[bytes]:
        """Yield all of it in parts of `size`."""
        for begin in range(0, max(1, self.size), size):
            yield self.content[begin : begin + size]
