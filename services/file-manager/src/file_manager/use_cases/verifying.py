"""Compares what events say of files with what lies in the bucket."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from domain.events import (
    ContactAbsorbed,
    ContactErased,
    FileRejected,
    FileStored,
    FileUploaded,
)
from domain.ports.file_history import FileHistory, Past
from domain.ports.files import FileCare, FileStorage
from domain.values import ContactId, FileId

_GRACE = timedelta(hours=1)
"""What is younger may still be on its way."""
_ALWAYS = datetime.min.replace(tzinfo=UTC)

What: TypeAlias = Literal[
    "object-missing",
    "object-differs",
    "object-without-event",
    "object-of-erased",
    "upload-without-outcome",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it has to be."""

    what: What
    key: str
    """Of the object, or the id of the file where there is none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared, and what was found."""

    events: int
    objects: int
    since: datetime | None
    """From when on the events are all there; None means from their beginning."""
    findings: list[Finding]

    @property
    def holds(self) -> bool:
        """Whether all is as it has to be."""
        return not self.findings


@dataclass(slots=True)
class Told:
    """What events say, as they are read."""

    stored: dict[str, FileStored] = field(default_factory=dict)
    uploaded: dict[FileId, datetime] = field(default_factory=dict)
    ends: dict[FileId, datetime] = field(default_factory=dict)
    erased: dict[str, datetime] = field(default_factory=dict)
    """Keys of files whose person was erased, and when."""
    merged: dict[ContactId, set[ContactId]] = field(default_factory=dict)
    events: int = 0

    def hear(self, past: Past) -> None:
        """Take one more event."""
        self.events += 1
        match past.event:
            case FileUploaded() as file:
                self.uploaded[file.file_id] = past.at
                if file.keep_days is not None:
                    self.ends[file.file_id] = past.at + timedelta(days=file.keep_days)
            case FileStored() as file:
                self.uploaded.pop(file.file_id, None)
                self.stored[file.key] = file
                self.erased.pop(file.key, None)
            case FileRejected() as file:
                self.uploaded.pop(file.file_id, None)
            case ContactAbsorbed() as contact:
                self.merged.setdefault(contact.contact_id, set()).add(contact.absorbed)
            case ContactErased() as contact:
                self._erase(contact.contact_id, past.at)
            case _:
                pass

    def _erase(self, contact_id: ContactId, at: datetime) -> None:
        theirs = [key for key, file in self.stored.items() if file.contact_id == contact_id]
        for key in theirs:
            del self.stored[key]
            self.erased[key] = at
        for younger in self.merged.pop(contact_id, ()):
            self._erase(younger, at)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Reads everything, changes nothing."""

    history: FileHistory
    storage: FileStorage
    care: FileCare
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def verify(self) -> Verdict:
        """Compare. Raises HistoryUnreadable, StorageUnavailable or StorageRefused."""
        told, now = Told(), self.now()
        async for past in self.history.read():
            told.hear(past)
        since = self.history.complete_since
        first = since or _ALWAYS
        findings = [one async for one in self._missing(told, now)]
        objects = 0
        async for listed in self.care.listing():
            objects += 1
            settled = first <= listed.modified_at < now - _GRACE
            if listed.key in told.erased:
                if told.erased[listed.key] < now - _GRACE:
                    findings.append(Finding("object-of-erased", listed.key))
            elif settled and listed.key not in told.stored:
                findings.append(Finding("object-without-event", listed.key))
        findings += [
            Finding("upload-without-outcome", str(file))
            for file, at in told.uploaded.items()
            if first <= at < now - _GRACE
        ]
        return Verdict(told.events, objects, since, findings)

    async def _missing(self, told: Told, now: datetime) -> AsyncIterator[Finding]:
        for key, file in told.stored.items():
            if file.file_id in told.ends and now >= told.ends[file.file_id]:
                continue
            found = await self.storage.find(key)
            if found is None:
                yield Finding("object-missing", key)
            elif (found.size, found.sha256) != (file.size, file.sha256):
                yield Finding("object-differs", key)
