"""What WhatsApp takes as a file of which kind (Meta: business-phone-numbers/media)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.ports.media_library import FileKind

_KIB, _MIB = 1024, 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class MediaType:
    """A MIME type, the kind of message it is sent as, and the most bytes it may have."""

    mime_type: str
    kind: FileKind
    most_bytes: int


def _types(kind: FileKind, most_bytes: int, **mime_types: str) -> Mapping[str, MediaType]:
    return {
        f".{ending}": MediaType(mime_type, kind, most_bytes)
        for ending, mime_type in mime_types.items()
    }


BY_ENDING: Mapping[str, MediaType] = MappingProxyType(
    {
        **_types("image", 5 * _MIB, jpg="image/jpeg", jpeg="image/jpeg", png="image/png"),
        # An animated one may have five times as much as a static one.
        **_types("sticker", 500 * _KIB, webp="image/webp"),
        **_types("video", 16 * _MIB, mp4="video/mp4"),
        ".3gp": MediaType("video/3gpp", "video", 16 * _MIB),
        **_types(
            "audio",
            16 * _MIB,
            aac="audio/aac",
            amr="audio/amr",
            mp3="audio/mpeg",
            m4a="audio/mp4",
            ogg="audio/ogg",
            opus="audio/ogg",
        ),
        **_types(
            "document",
            100 * _MIB,
            txt="text/plain",
            pdf="application/pdf",
            doc="application/msword",
            xls="application/vnd.ms-excel",
            ppt="application/vnd.ms-powerpoint",
            docx=f"{_OFFICE}wordprocessingml.document",
            xlsx=f"{_OFFICE}spreadsheetml.sheet",
            pptx=f"{_OFFICE}presentationml.presentation",
        ),
    }
)
"""By the ending of the file's name, in small letters."""
