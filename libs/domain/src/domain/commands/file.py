"""Commands about what became of a file."""

from typing import ClassVar

from pydantic import BaseModel

from domain.values import ContactId, FileId, SessionId
from domain.wire import WIRE


class RecordFileStored(BaseModel):
    """The file lies in the bucket, its bytes checked."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.record-stored.v1"
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


class RecordFileRejected(BaseModel):
    """The file is not kept."""

    model_config = WIRE
    TYPE: ClassVar[str] = "file.record-rejected.v1"
    contact_id: ContactId
    session_id: SessionId
    file_id: FileId
    reason: str
    """A short code, such as `media-expired`, `too-large`, `hash-mismatch`; never personal."""
