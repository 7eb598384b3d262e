"""What became of the files that the person sent."""

from typing import ClassVar

from pydantic import BaseModel

from domain.values import ContactId, FileId, MessageId, SessionId
from domain.wire import WIRE


class FileDetails(BaseModel):
    """What the person called the file and wrote beneath it."""

    model_config = WIRE
    file_name: str | None = None
    caption: str | None = None


class FileUploaded(BaseModel):
    """The person sent a file that the flow asked for; it is to be fetched and kept."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.uploaded.v1"
    contact_id: ContactId
    session_id: SessionId
    phone_number_id: str
    message_id: MessageId
    file_id: FileId
    step: str
    kind: str
    """`image`, `document`, `video`, `audio` or `sticker`."""
    media_id: str
    media_url: str | None = None
    """Needs our token and lives five minutes (Meta, media)."""
    mime_type: str
    sha256: str | None = None
    """Base64, as WhatsApp said it."""
    max_bytes: int | None = None
    """The largest that the flow takes; none where only the file manager's own limit counts."""
    max_pixels: int | None = None
    """The most pixels (width by height) that an image may have, where the flow asks for it."""
    strip_location: bool | None = None
    """Whether the place where a photo was taken is to be taken out of it before it is kept."""
    keep_days: int | None = None
    """After so many days it is deleted; none where it is kept until somebody deletes it."""
    personal: FileDetails


class FileStored(BaseModel):
    """The file lies in the bucket, its bytes checked."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.stored.v1"
    contact_id: ContactId
    session_id: SessionId
    file_id: FileId
    bucket: str
    key: str
    size: int
    mime_type: str
    sha256: str
    """Hex."""
    original_sha256: str | None = None
    """Hex; of the bytes that the person sent, where others are kept: a photo without its place."""
    duplicate_of: FileId | None = None
    """The person sent the same bytes before: they lie where that file does, once."""
    scanned: bool | None = None
    """Whether a scanner for malware looked at it."""


class FileRejected(BaseModel):
    """The file is not kept."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.rejected.v1"
    contact_id: ContactId
    session_id: SessionId
    file_id: FileId
    reason: str
    """A short code of `docs/reference/file-rejections.md`; there may be more."""
