"""A bucket in memory: for tests, and for trying the service without S3."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from domain.ports.files import HashMismatch, StoredFile


@dataclass(slots=True)
class MemoryStorage:
    """Keeps whole files by key."""

    bucket: str = "memory"
    files: dict[str, bytes] = field(default_factory=dict)

    async def find(self, key: str) -> StoredFile | None:
        """Return the file under `key`, if it is there."""
        content = self.files.get(key)
        return None if content is None else self._describe(key, content)

    async def store(
        self,
        key: str,
        content: AsyncIterator[bytes],
        *,
        mime_type: str,  # noqa: ARG002 nothing here asks for it again
        expected_sha256: str | None,
    ) -> StoredFile:
        """Keep the pieces under `key`, or raise HashMismatch."""
        whole = b"".join([piece async for piece in content])
        stored = self._describe(key, whole)
        if expected_sha256 not in (None, stored.sha256):
            raise HashMismatch("the bytes are not those announced")
        self.files[key] = whole
        return stored

    def _describe(self, key: str, content: bytes) -> StoredFile:
        return StoredFile(self.bucket, key, len(content), hashlib.sha256(content).hexdigest())
