"""No platform at all: files are looked for, and never uploaded."""

from domain.ports.media_library import FileKind
from sender.adapters.media_folder import MediaFolder


class ConsoleMediaLibrary:
    """For a laptop without account."""

    def __init__(self, folder: MediaFolder) -> None:
        self._folder = folder

    async def media_id(self, file: str, kind: FileKind, *, phone_number_id: str) -> str:
        """Give an id that says whence it is."""
        self._folder.find(file, kind)
        return f"media.console.{phone_number_id}.{file}"
