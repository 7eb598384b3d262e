"""A library in memory: has the files it is told of, and counts what it would upload."""

from dataclasses import dataclass, field

from domain.ports.media_library import FileKind
from domain.ports.sending import SendFailure, SendRefused


@dataclass
class MemoryMediaLibrary:
    """`files` are names with their kinds; `failures` are raised first, one per upload."""

    files: dict[str, FileKind] = field(default_factory=dict)
    failures: list[SendFailure] = field(default_factory=list)
    uploads: list[tuple[str, str]] = field(default_factory=list)
    """Name and business number of each."""

    async def media_id(self, file: str, kind: FileKind, *, phone_number_id: str) -> str:
        """Give an id that says whence it is."""
        if file not in self.files:
            raise SendRefused("no-such-file")
        if self.files[file] != kind:
            raise SendRefused("file-of-wrong-kind")
        if (file, phone_number_id) not in self.uploads:
            if self.failures:
                raise self.failures.pop(0)
            self.uploads.append((file, phone_number_id))
        return f"media.memory.{phone_number_id}.{file}"
