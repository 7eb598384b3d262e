"""What of a photo's Exif data is kept when its place is not: which side is up, and when it was."""

import re
import struct
from collections.abc import Mapping
from contextlib import suppress

_HEADER = b"II*\0\x08\0\0\0"
_ENTRY = 12
_SHORT, _LONG, _ASCII = 3, 4, 2
_ORIENTATION, _TAKEN_AT, _MORE = 0x0112, 0x9003, 0x8769
_ORIENTATIONS = range(1, 9)
_MOMENT = 20
"""Bytes of `2026:11:30 23:59:00` and the zero behind it (CIPA DC-008, 4.6.5)."""
_A_MOMENT = re.compile(rb"[0-9: ]{19}\0")


def without_place(exif: bytes) -> bytes | None:
    """Return new Exif data (a TIFF header and its entries), or None if there is nothing to say.

    They say how to turn the photo and when it was taken, as far as that could be read.
    """
    turned, taken_at = _read(exif)
    entries = [struct.pack("<HHIHxx", _ORIENTATION, _SHORT, 1, turned)] if turned else []
    if taken_at is None:
        return _HEADER + _directory(entries) if entries else None
    begin = len(_HEADER) + _length(len(entries) + 1)
    entries.append(struct.pack("<HHII", _MORE, _LONG, 1, begin))
    moment = struct.pack("<HHII", _TAKEN_AT, _ASCII, _MOMENT, begin + _length(1))
    return _HEADER + _directory(entries) + _directory([moment]) + taken_at


def _directory(entries: list[bytes]) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def _length(entries: int) -> int:
    return 2 + entries * _ENTRY + 4


def _read(exif: bytes) -> tuple[int | None, bytes | None]:
    """Return the orientation and the moment; what cannot be read is as if it were not there."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return None, None
    turned = None
    with suppress(struct.error):
        first = _entries(exif, order, struct.unpack_from(order + "I", exif, 4)[0])
        turned = _orientation(order, first)
        return turned, _moment(exif, order, first)
    return turned, None


def _entries(exif: bytes, order: str, begin: int) -> dict[int, bytes]:
    """Return by tag the four bytes that are the value or say where it is."""
    count = struct.unpack_from(order + "H", exif, begin)[0]
    places = range(begin + 2, begin + 2 + count * _ENTRY, _ENTRY)
    return dict(struct.unpack_from(order + "H6x4s", exif, place) for place in places)


def _orientation(order: str, entries: Mapping[int, bytes]) -> int | None:
    turned = struct.unpack(order + "Hxx", entries.get(_ORIENTATION, bytes(4)))[0]
    return turned if turned in _ORIENTATIONS else None


def _moment(exif: bytes, order: str, entries: Mapping[int, bytes]) -> bytes | None:
    if _MORE not in entries:
        return None
    more = _entries(exif, order, _place(order, entries[_MORE]))
    at = _place(order, more.get(_TAKEN_AT, bytes(4)))
    moment = exif[at : at + _MOMENT]
    return moment if _A_MOMENT.fullmatch(moment) else None


def _place(order: str, value: bytes) -> int:
    place: int = struct.unpack(order + "I", value)[0]
    return place
