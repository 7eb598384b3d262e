"""Takes the place where a photo was taken out of it, and leaves the picture as it is.

What is known to belong to the picture is passed on byte by byte; every other segment or chunk is
left out, since a place can stand in Exif, XMP, IPTC, a maker's own data, a comment, and in a second
picture or a film behind the first. Of Exif, it is kept which way up the photo is and when it was
taken.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import IO, TypeAlias

from file_manager.use_cases.exif import without_place
from file_manager.use_cases.inspecting import Unacceptable

Pieces: TypeAlias = Iterator[bytes]

_PIECE = 256 * 1024
_LONGEST_EXIF = 64 * 1024
_MOST_PARTS = 20_000
"""Segments or chunks of one picture: a PNG of 100 MB in the usual chunks of 8 KiB has 13,000."""
_EXIF = b"Exif\0\0"

_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_APPLICATIONS, _COMMENT, _EXIF_SEGMENT = range(0xE0, 0xF0), 0xFE, 0xE1
_OF_THE_PICTURE = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))
"""Segments of applications that say how its colours are meant."""
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD hIST sPLT cICP mDCV cLLI acTL"
    b" fcTL fdAT".split()
)

_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04


def stripped(content: IO[bytes], mime_type: str) -> Pieces:
    """Give the picture in pieces without the place where it was taken; each piece blocks.

    Raises Unacceptable `unreadable-image` for what is no picture of this type from begin to end.
    """
    content.seek(0)
    try:
        yield from _WAYS[mime_type](content)
    except struct.error as error:
        raise Unacceptable("unreadable-image") from error


def can_be_stripped(mime_type: str) -> bool:
    """Say whether it is a type of picture whose place can be taken out."""
    return mime_type in _WAYS


def _jpeg(content: IO[bytes]) -> Pieces:
    """Pass on what stands before the first end of image (ISO/IEC 10918-1, B)."""
    yield _exactly(content, 2)
    for _ in _turns():
        marker = _marker(content)
        if marker == _END_OF_IMAGE:
            break
        length = struct.unpack(">H", _exactly(content, 2))[0]
        kept = _jpeg_segment(marker, _exactly(content, length - 2))
        if kept is not None:
            yield struct.pack(">BBH", 0xFF, marker, len(kept) + 2) + kept
        if marker == _START_OF_SCAN:
            yield from _scan(content)
    yield bytes((0xFF, _END_OF_IMAGE))


def _marker(content: IO[bytes]) -> int:
    """Read `FF` and the marker's own byte; any number of `FF` may stand before."""
    marker = _exactly(content, 2)
    while marker == b"\xff\xff":
        marker = b"\xff" + _exactly(content, 1)
    if marker[:1] != b"\xff":
        raise Unacceptable("unreadable-image")
    return marker[1]


def _jpeg_segment(marker: int, body: bytes) -> bytes | None:
    if marker == _EXIF_SEGMENT and body.startswith(_EXIF):
        exif = without_place(body.removeprefix(_EXIF))
        return None if exif is None else _EXIF + exif
    if marker in _APPLICATIONS:
        return body if any((marker, body[: len(b)]) == (m, b) for m, b in _OF_THE_PICTURE) else None
    return None if marker == _COMMENT else body


def _scan(content: IO[bytes]) -> Pieces:
    """Pass on compressed data up to the next marker, before which the content then stands."""
    while True:
        piece = content.read(_PIECE)
        if found := _NEXT_MARKER.search(piece):
            content.seek(found.start() - len(piece), 1)
            yield piece[: found.start()]
            return
        if len(piece) <= 1:
            raise Unacceptable("unreadable-image")
        if piece.endswith(b"\xff"):
            content.seek(-1, 1)
            piece = piece[:-1]
        yield piece


def _png(content: IO[bytes]) -> Pieces:
    """Pass on the chunks that are the picture, up to its end (W3C, PNG, 5)."""
    yield _exactly(content, len(_PNG_SIGNATURE))
    for _ in _turns():
        length, kind = struct.unpack(">I4s", _exactly(content, 8))
        if kind == b"eXIf":
            yield from _png_exif(content, length)
        elif kind in _PNG_KEPT:
            yield struct.pack(">I4s", length, kind)
            yield from _copied(content, length + 4)
        else:
            content.seek(length + 4, 1)
        if kind == b"IEND":
            break


def _png_exif(content: IO[bytes], length: int) -> Pieces:
    exif = without_place(_exif(content, length))
    content.seek(4, 1)
    if exif is not None:
        chunk = b"eXIf" + exif
        yield struct.pack(">I", len(exif)) + chunk + struct.pack(">I", zlib.crc32(chunk))


def _webp(content: IO[bytes]) -> Pieces:
    """Pass on the chunks that are the picture, with what says how many they are (RFC 9649)."""
    chunks, exif = _webp_chunks(content)
    size = 4 + sum(8 + _even(length) for _, length, _ in chunks)
    last = b"" if exif is None else struct.pack("<4sI", b"EXIF", len(exif)) + _padded(exif)
    yield b"RIFF" + struct.pack("<I", size + len(last)) + b"WEBP"
    for kind, length, begin in chunks:
        content.seek(begin)
        yield struct.pack("<4sI", kind, length)
        if kind == b"VP8X":
            flags = _exactly(content, 1)[0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP)
            yield bytes((flags | (_WEBP_HAS_EXIF if last else 0),))
            yield from _copied(content, _even(length) - 1)
        else:
            yield from _copied(content, _even(length))
    yield last


def _webp_chunks(content: IO[bytes]) -> tuple[list[tuple[bytes, int, int]], bytes | None]:
    """Return kind, length and begin of each chunk that is kept, and what to say in Exif."""
    chunks: list[tuple[bytes, int, int]] = []
    exif = None
    end = 8 + struct.unpack("<4xI4x", _exactly(content, 12))[0]
    for _ in _turns():
        if content.tell() >= end:
            break
        kind, length = struct.unpack("<4sI", _exactly(content, 8))
        begin = content.tell()
        if kind in _WEBP_KEPT:
            chunks.append((kind, length, begin))
        if kind == b"EXIF":
            exif = without_place(_exif(content, length).removeprefix(_EXIF))
        content.seek(begin + _even(length))
    extended = any(kind == b"VP8X" for kind, _, _ in chunks)
    return chunks, exif if extended else None


def _turns() -> Iterator[int]:
    """Give as many turns as the longest picture has parts, then refuse it."""
    yield from range(_MOST_PARTS)
    raise Unacceptable("unreadable-image")


def _exif(content: IO[bytes], length: int) -> bytes:
    """Return Exif data as far as ours can stand in it, and pass over the rest."""
    exif = _exactly(content, min(length, _LONGEST_EXIF))
    content.seek(length - len(exif), 1)
    return exif


def _copied(content: IO[bytes], length: int) -> Pieces:
    while length > 0:
        piece = _exactly(content, min(length, _PIECE))
        length -= len(piece)
        yield piece


def _exactly(content: IO[bytes], length: int) -> bytes:
    found = content.read(length) if length >= 0 else b""
    if len(found) != length:
        raise Unacceptable("unreadable-image")
    return found


def _even(length: int) -> int:
    return length + length % 2


def _padded(content: bytes) -> bytes:
    return content + bytes(len(content) % 2)


_WAYS: Mapping[str, Callable[[IO[bytes]], Pieces]] = MappingProxyType(
    {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}
)
