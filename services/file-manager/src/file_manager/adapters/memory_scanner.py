"""A scanner in memory: for tests, and for trying the service without ClamAV."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from domain.ports.scanning import ScannerUnavailable, TooLargeToScan


@dataclass(slots=True)
class MemoryScanner:
    """Finds what contains one of `known`, by name; gone while `gone` says why."""

    known: Mapping[str, bytes] = field(default_factory=dict)
    most_bytes: int | None = None
    gone: str | None = None
    scanned: int = 0

    async def reach(self) -> None:
        """Say whether it is gone."""
        if self.gone is not None:
            raise ScannerUnavailable(self.gone)

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        """Look at the whole content, held in memory."""
        await self.reach()
        whole = b"".join([piece async for piece in content])
        if self.most_bytes is not None and len(whole) > self.most_bytes:
            raise TooLargeToScan
        self.scanned += 1
        return next((name for name, bytes_ in self.known.items() if bytes_ in whole), None)
