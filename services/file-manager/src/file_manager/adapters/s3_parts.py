"""Cuts a file on its way into the parts that S3 takes, hashing what passes."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator

from domain.ports.files import HashMismatch

PART_BYTES = 8 * 1024 * 1024


class Passage:
    """What has passed so far: its size in bytes, its hash, and whether that was all."""

    def __init__(self) -> None:
        self.size = 0
        self.ended = False
        self._digest = hashlib.sha256()

    async def parts(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Join the pieces to parts of PART_BYTES; the last may be shorter, even empty."""
        part = bytearray()
        async for piece in pieces:
            self.size += len(piece)
            self._digest.update(piece)
            part += piece
            while len(part) > PART_BYTES:
                yield bytes(memoryview(part)[:PART_BYTES])
                del part[:PART_BYTES]
        self.ended = True
        yield bytes(part)

    def sha256(self, expected: str | None) -> str:
        """Return the hash (hex) of all that passed, or raise HashMismatch."""
        sha256 = self._digest.hexdigest()
        if expected not in (None, sha256):
            raise HashMismatch("the bytes are not those announced")
        return sha256
