"""The folder with the files that replies may name."""

from dataclasses import dataclass
from pathlib import Path

from domain.ports.media_library import FileKind
from domain.ports.sending import SendRefused
from sender.adapters.media_types import BY_ENDING, MediaType


@dataclass(frozen=True, slots=True)
class FileOfOurs:
    """A file that WhatsApp takes. `version` differs as soon as it is another one."""

    path: Path
    type: MediaType
    version: tuple[int, int]


class MediaFolder:
    """Finds files by their names, and nothing outside of the folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder else None

    def find(self, name: str, kind: FileKind) -> FileOfOurs:
        """Return the file. Raises SendRefused: never there, too large, or of another kind."""
        path = self._path(name)
        media_type = BY_ENDING.get(path.suffix.lower())
        if media_type is None or media_type.kind != kind:
            raise SendRefused("file-of-wrong-kind")
        try:
            seen = path.stat()
        except OSError:
            raise SendRefused("no-such-file") from None
        if seen.st_size > media_type.most_bytes:
            raise SendRefused("file-too-large")
        return FileOfOurs(path, media_type, (seen.st_mtime_ns, seen.st_size))

    def _path(self, name: str) -> Path:
        if self._folder is None or Path(name).name != name:
            raise SendRefused("no-such-file")
        path = (self._folder / name).resolve()
        if path.parent != self._folder:
            raise SendRefused("no-such-file")
        return path
