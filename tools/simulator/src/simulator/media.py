"""Files that were uploaded, and the short-lived addresses they are fetched from."""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from urllib.parse import urlencode

from simulator.ids import new_media_id

INBOUND_MOST = 100 * 1024 * 1024
"""What a person may send; beyond, Meta hands over error 131052 instead (media page)."""

KIB, MIB = 1024, 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    OFFICE + "wordprocessingml.document",
    OFFICE + "spreadsheetml.sheet",
    OFFICE + "presentationml.presentation",
)
AUDIO = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
OUTBOUND: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(AUDIO, ("audio", 16 * MIB)),
        **dict.fromkeys(DOCUMENTS, ("document", 100 * MIB)),
        **dict.fromkeys(("image/jpeg", "image/png"), ("image", 5 * MIB)),
        "image/webp": ("sticker", 500 * KIB),
        **dict.fromkeys(("video/mp4", "video/3gpp"), ("video", 16 * MIB)),
    }
)
"""What a business may upload: MIME type to kind and largest size in bytes (media page)."""


@dataclass(frozen=True)
class Media:
    """One file."""

    id: str
    mime_type: str
    content: bytes
    file_name: str | None = None

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256, which webhooks carry in base64 and the lookup in hex."""
        return hashlib.sha256(self.content).digest()

    @property
    def sha256_base64(self) -> str:
        """As in webhooks."""
        return base64.b64encode(self.digest).decode()


class MediaStore:
    """Files in memory, the oldest forgotten beyond `most_bytes`; addresses live `ttl_s` seconds."""

    def __init__(self, clock: Callable[[], float], *, ttl_s: float, most_bytes: int) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._most_bytes = most_bytes
        self._files: OrderedDict[str, Media] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self.held_bytes = 0

    def __len__(self) -> int:
        return len(self._files)

    def keep(self, content: bytes, mime_type: str, file_name: str | None = None) -> Media:
        """Store a file under a new id."""
        media = Media(new_media_id(), mime_type, content, file_name)
        self._files[media.id] = media
        self.held_bytes += len(content)
        while self.held_bytes > self._most_bytes and len(self._files) > 1:
            self.delete(next(iter(self._files)))
        return media

    def find(self, media_id: str) -> Media | None:
        """Return the file of this id."""
        return self._files.get(media_id)

    def delete(self, media_id: str) -> bool:
        """Forget a file; say whether there was one."""
        media = self._files.pop(media_id, None)
        if media is None:
            return False
        self.held_bytes -= len(media.content)
        return True

    def kind_of(self, media_id: str) -> str | None:
        """Return as what kind of message a business may send this file, None for an unknown id."""
        media = self._files.get(media_id)
        if media is None:
            return None
        return OUTBOUND.get(bare(media.mime_type), ("document", 0))[0]

    def address(self, media: Media) -> str:
        """Return a fresh path of the file, good for `ttl_s` from now."""
        expires = int((self._clock() + self._ttl_s) * 1000)
        query = {"mid": media.id, "ext": expires, "hash": self._sign(media.id, str(expires))}
        return f"/whatsapp_business/attachments/?{urlencode(query)}"

    def at_address(self, media_id: str, expires: str, signature: str) -> Media | None:
        """Return the file behind an address that is genuine and has not expired."""
        if not hmac.compare_digest(signature.encode(), self._sign(media_id, expires).encode()):
            return None
        return self._files.get(media_id) if int(expires) > self._clock() * 1000 else None

    def _sign(self, media_id: str, expires: str) -> str:
        return hmac.new(self._key, f"{media_id}.{expires}".encode(), hashlib.sha256).hexdigest()


def bare(mime_type: str) -> str:
    """Return the MIME type without its parameters."""
    return mime_type.partition(";")[0].strip().lower()


def kind_from_person(mime_type: str) -> str:
    """Return the kind of message in which a person's file of this MIME type arrives."""
    kind = bare(mime_type).partition("/")[0]
    return kind if kind in {"image", "video", "audio"} else "document"
