"""Cuts a file on its way into the parts that S3 takes, hashing what passes."""

import hashlib
from collections.abc import AsyncIterator

from domain.ports.files import HashMismatch

PART_BYTES = 8 * 1024 * 1024


class Passage:
    """A file on its way; holds no more of it than one part and a piece."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.size = 0
        self._pieces = pieces
        self._digest = hashlib.sha256()
        self._waiting = bytearray()

    async def fill(self) -> bool:
        """Wait for the next part; say whether there will be another one after it."""
        while len(self._waiting) <= PART_BYTES:
            piece = await anext(self._pieces, None)
            if piece is None:
                return False
            self.size += len(piece)
            self._digest.update(piece)
            self._waiting += piece
        return True

    def take(self) -> bytes:
        """Hand over the part that was waited for: PART_BYTES, the last one less, even nothing."""
        part = bytes(memoryview(self._waiting)[:PART_BYTES])
        del self._waiting[:PART_BYTES]
        return part

    def sha256(self, expected: str | None) -> str:
        """Return the hash (hex) of all that passed, or raise HashMismatch."""
        sha256 = self._digest.hexdigest()
        if expected not in (None, sha256):
            raise HashMismatch("the bytes are not those announced")
        return sha256
