"""Whether what is said to be sound is a film: both begin alike."""

import re
import struct
from typing import IO

_HEADER = 8
_LONG_HEADER = 16
_MOST_BOXES = 10_000
_LONGEST_BOX = 2**40
_LONGEST_DIRECTORY = 16 * 1024 * 1024
_SEEN = re.compile(rb"hdlr.{8}vide", re.DOTALL)
"""What says of a track that it is to be seen (ISO/IEC 14496-12, 8.4.3)."""


def is_film(content: IO[bytes]) -> bool:
    """Say whether a file of the family of MP4 has something to be seen; blocks."""
    content.seek(0)
    for _ in range(_MOST_BOXES):
        header = content.read(_HEADER)
        if len(header) < _HEADER:
            return False
        size, kind = struct.unpack(">I4s", header)
        length = size - _HEADER
        if size == 1:
            length = int.from_bytes(content.read(_LONG_HEADER - _HEADER)) - _LONG_HEADER
        if not 0 <= length <= _LONGEST_BOX:
            return False
        if kind == b"moov":
            return _SEEN.search(content.read(min(length, _LONGEST_DIRECTORY))) is not None
        content.seek(length, 1)
    return False
