"""A bucket in memory: for tests, and for trying the service without S3."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.ports.files import Content, Filing, Listed, StoredFile
from domain.values import ContactId


@dataclass(frozen=True, slots=True)
class Held:
    """A file with what it was filed under."""

    content: bytes
    sha256: str
    filing: Filing


@dataclass(slots=True)
class MemoryStorage:
    """A FileStorage that keeps whole files by key; it has no uploads that could be left behind."""

    bucket: str = "memory"
    held: dict[str, Held] = field(default_factory=dict)
    younger: dict[ContactId, set[ContactId]] = field(default_factory=dict)
    erased: dict[ContactId, datetime] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        """The bytes by key."""
        return {key: held.content for key, held in self.held.items()}

    async def find(self, key: str) -> StoredFile | None:
        """Return the file under `key`, if it is there."""
        held = self.held.get(key)
        return None if held is None else self._describe(key, held)

    async def filed(
        self, contact_id: ContactId, sha256: str, keep_days: int | None
    ) -> Sequence[str]:
        """Return where the person's same bytes lie."""
        wanted = (contact_id, sha256, keep_days)
        return [
            key
            for key, held in self.held.items()
            if (held.filing.contact_id, held.sha256, held.filing.keep_days) == wanted
        ]

    async def store(self, key: str, content: Content, filing: Filing) -> StoredFile:
        """Keep it under `key`."""
        whole = b"".join([part async for part in content.parts(max(1, content.size))])
        self.held[key] = Held(whole, content.sha256, filing)
        return self._describe(key, self.held[key])

    async def delete(self, key: str) -> None:
        """Forget it."""
        self.held.pop(key, None)

    async def link(self, key: str, *, file_name: str, seconds: int) -> str:
        """Return an address that leads nowhere."""
        return f"memory://{self.bucket}/{key}?as={file_name}&for={seconds}"

    async def merge(self, younger: ContactId, into: ContactId) -> None:
        """Remember that they are one person."""
        self.younger.setdefault(into, set()).add(younger)

    async def erase(self, contact_id: ContactId, *, at: datetime) -> int:
        """Forget all files of the person."""
        self.erased[contact_id] = at
        theirs = [
            key
            for key, held in self.held.items()
            if held.filing.contact_id == contact_id and held.filing.uploaded_at <= at
        ]
        for key in theirs:
            del self.held[key]
        younger = [await self.erase(one, at=at) for one in self.younger.pop(contact_id, ())]
        return len(theirs) + sum(younger)

    async def erased_at(self, contact_id: ContactId) -> datetime | None:
        """Say up to when all was forgotten."""
        return self.erased.get(contact_id)

    async def abort_uploads(self, *, begun_before: datetime) -> int:  # noqa: ARG002 there are none
        """Do nothing."""
        return 0

    async def sweep(self, *, now: datetime) -> int:
        """Forget the files whose days are over."""
        over = [key for key, held in self.held.items() if _is_over(held.filing, now)]
        for key in over:
            del self.held[key]
        return len(over)

    async def write_rules(self) -> bool:
        """Say that nothing here does it by itself."""
        return False

    async def listing(self) -> AsyncIterator[Listed]:
        """Yield all files, in the order of their keys."""
        for key, held in sorted(self.held.items()):
            yield Listed(key, len(held.content), held.filing.uploaded_at)

    def _describe(self, key: str, held: Held) -> StoredFile:
        filing = held.filing
        return StoredFile(
            self.bucket,
            key,
            len(held.content),
            held.sha256,
            original_sha256=filing.original_sha256,
            scanned=filing.scanned,
        )


def _is_over(filing: Filing, now: datetime) -> bool:
    return filing.keep_days is not None and now >= filing.uploaded_at + timedelta(filing.keep_days)
