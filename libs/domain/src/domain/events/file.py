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


class FileRejected(BaseModel):
    """The file is not kept."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.rejected.v1"
    contact_id: ContactId
    session_id: SessionId
    file_id: FileId
    reason: str
