"""Who looks for malware in what people send.

ScannerUnavailable   slow, gone or out of order: try again later
TooLargeToScan       it takes no content of this size: trying again cannot help
"""

from collections.abc import AsyncIterator
from typing import Protocol


class ScannerUnavailable(Exception):
    """Trying again later can help. The reason is short and holds nothing personal."""


class TooLargeToScan(Exception):
    """Trying again cannot help: it takes no content of this size."""


class MalwareScanner(Protocol):
    """Looks for malware in one file at a time, of several side by side."""

    async def reach(self) -> None:
        """Return if it would look at a file now. Raises ScannerUnavailable."""
        ...

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        """Return its name for what it found in the content, or None when it found nothing.

        It has seen all of the content when it returns None; when it found something it may have
        left the rest. Raises ScannerUnavailable or TooLargeToScan; what `content` raises passes
        through.
        """
        ...
