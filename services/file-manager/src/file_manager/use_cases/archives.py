"""Whether an office document, which is a ZIP of parts, unpacks to what its reader can bear."""

import zipfile
from collections.abc import Iterable
from typing import IO

from file_manager.use_cases.file_types import OLE
from file_manager.use_cases.inspecting import Unacceptable

MOST_PARTS = 10_000
MOST_UNPACKED = 1024 * 1024 * 1024
"""Bytes that all parts together may unpack to, whatever the size of the file."""
MOST_TIMES = 100
"""How many times its own size a file may unpack to, as Apache POI allows."""
SELDOM_WORTH_A_BOMB = 16 * 1024 * 1024
"""Up to so many bytes the rate does not matter: an empty sheet packs well."""

_LARGEST_BITE = 1024 * 1024
_PIECE = 64 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What office programs pack by; of others Python unpacks without a bound (zipfile)."""
_ENCRYPTED = 0x1
_MACROS = "vbaproject.bin"
_LOCKED_PART = "EncryptedPackage".encode("utf-16-le")


def check_document(content: IO[bytes], size: int, *, folder: str) -> None:
    """Unpack every part, in bounded memory, and keep nothing of it; blocks.

    `folder` is where a document of the declared type has its parts, such as `word/`. What lies in
    a part is not unpacked further. Raises Unacceptable `archive-bomb`, `wrong-type`, `encrypted` or
    `unreadable-archive`.
    """
    try:
        with zipfile.ZipFile(_InSmallBites(content)) as archive:
            parts = archive.infolist()
            _few_enough(parts)
            _of_its_type([part.filename.casefold() for part in parts], folder)
            _unpack(archive, parts, most=most_unpacked(size))
    except Unacceptable:
        raise
    except Exception as error:  # a broken document makes zipfile raise whatever it meets
        raise Unacceptable("unreadable-archive") from error


def has_a_password(content: IO[bytes]) -> bool:
    """Say whether this is what an office document becomes by a password; blocks.

    It lies in a file of the older kind then, under a name of its own (MS-OFFCRYPTO, 2.3.4.1).
    """
    content.seek(0)
    before = b""
    if content.read(len(OLE)) != OLE:
        return False
    while piece := content.read(_LARGEST_BITE):
        if _LOCKED_PART in before + piece:
            return True
        before = piece[-len(_LOCKED_PART) :]
    return False


def most_unpacked(size: int) -> int:
    """Return how many bytes a document of this size may unpack to."""
    return min(MOST_UNPACKED, max(SELDOM_WORTH_A_BOMB, MOST_TIMES * size))


def _few_enough(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise Unacceptable("archive-bomb")


def _of_its_type(names: list[str], folder: str) -> None:
    """Refuse another kind of document, an app or a library, and macros where the type has none."""
    own = "[content_types].xml" in names and any(name.startswith(folder) for name in names)
    if not own or any(name.endswith(_MACROS) for name in names):
        raise Unacceptable("wrong-type")


def _unpack(archive: zipfile.ZipFile, parts: Iterable[zipfile.ZipInfo], *, most: int) -> None:
    unpacked = 0
    for part in parts:
        if part.flag_bits & _ENCRYPTED:
            raise Unacceptable("encrypted")
        if part.compress_type not in _METHODS:
            raise Unacceptable("unreadable-archive")
        with archive.open(part) as opened:
            while piece := opened.read(_PIECE):
                unpacked += len(piece)
                if unpacked > most:
                    raise Unacceptable("archive-bomb")


class _InSmallBites:
    """The content for zipfile, which would read a list of parts of any length at once."""

    def __init__(self, content: IO[bytes]) -> None:
        self.seek = content.seek
        self.tell = content.tell
        self.seekable = content.seekable
        self._read = content.read

    def read(self, size: int = -1) -> bytes:
        most = _LARGEST_BITE + 1
        bite = self._read(most if size < 0 else min(size, most))
        if len(bite) == most:
            raise Unacceptable("archive-bomb")
        return bite
