"""Which types of file are kept, and by which first bytes each is told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

HEAD_BYTES = 4096
"""How much of a file's beginning decides about its type."""

_MP3_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
_AAC_FRAME = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_TAGGED = b"ID3"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class FileType:
    """A type that is kept: how its names end, and whether a file's beginning is of it."""

    mime_type: str
    extension: str
    matches: Callable[[bytes], bool]
    folder: str | None = None
    """Where a document that is a ZIP has its parts."""


def declared_type(mime_type: str) -> FileType | None:
    """Return the type a file is said to have, parameters aside, or None if it is not kept."""
    return _TYPES.get(mime_type.partition(";")[0].strip().lower())


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _pdf(head: bytes) -> bool:
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"%PDF-")


def _iso_media(head: bytes) -> bool:
    """MP4 and 3GPP are one family (ISO 14496-12); phones mix up which of them they declare."""
    return head[4:8] == b"ftyp"


def _ogg_sound(head: bytes) -> bool:
    return head.startswith(b"OggS") and b"\x80theora" not in head


def _mp3(head: bytes) -> bool:
    return head.startswith(_TAGGED) or _MP3_FRAME.match(head) is not None


def _aac(head: bytes) -> bool:
    return head.startswith((_TAGGED, b"ADIF")) or _AAC_FRAME.match(head) is not None


def _text(head: bytes) -> bool:
    return b"\0" not in head


_TYPES: Mapping[str, FileType] = MappingProxyType(
    {
        file_type.mime_type: file_type
        for file_type in (
            FileType("image/jpeg", "jpg", _starts(b"\xff\xd8\xff")),
            FileType("image/png", "png", _starts(b"\x89PNG\r\n\x1a\n")),
            FileType("image/webp", "webp", _webp),
            FileType("video/mp4", "mp4", _iso_media),
            FileType("video/3gpp", "3gp", _iso_media),
            FileType("audio/mp4", "m4a", _iso_media),
            FileType("audio/mpeg", "mp3", _mp3),
            FileType("audio/aac", "aac", _aac),
            FileType("audio/amr", "amr", _starts(b"#!AMR")),
            FileType("audio/ogg", "ogg", _ogg_sound),
            FileType("application/pdf", "pdf", _pdf),
            FileType("application/msword", "doc", _starts(OLE)),
            FileType("application/vnd.ms-excel", "xls", _starts(OLE)),
            FileType("application/vnd.ms-powerpoint", "ppt", _starts(OLE)),
            FileType(_OFFICE + "wordprocessingml.document", "docx", _starts(_ZIP), "word/"),
            FileType(_OFFICE + "spreadsheetml.sheet", "xlsx", _starts(_ZIP), "xl/"),
            FileType(_OFFICE + "presentationml.presentation", "pptx", _starts(_ZIP), "ppt/"),
            FileType("text/plain", "txt", _text),
        )
    }
)
"""The types of WhatsApp's media (Meta, media); what else people send is not kept."""
