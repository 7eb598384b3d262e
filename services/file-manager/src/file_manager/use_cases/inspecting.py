"""The step between fetched and stored: whether a file may be kept, and what of it."""

from dataclasses import dataclass
from typing import Protocol

from domain.events import FileUploaded
from domain.ports.files import Content
from file_manager.use_cases.file_types import FileType
from file_manager.use_cases.spool import Spool


class Unacceptable(Exception):
    """The file may not be kept, whoever tries again; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InspectionUnavailable(Exception):
    """Who has to look at it does not answer: trying again later can help."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be kept."""

    content: Content
    """What is to be stored, while what was fetched is open: these very bytes, or less of them."""
    file_type: FileType
    scanned: bool = False
    """Whether a scanner for malware looked at it."""


class Inspector(Protocol):
    """Looks at one file that is whole, of the announced hash and no larger than allowed."""

    async def reach(self) -> None:
        """Return if a file could be inspected now: before one is fetched for nothing.

        Raises InspectionUnavailable.
        """
        ...

    async def inspect(self, file: FileUploaded, fetched: Spool) -> Inspected:
        """Say what is to be stored. `fetched` stays open: who fetched it closes it.

        Raises Unacceptable or InspectionUnavailable.
        """
        ...
