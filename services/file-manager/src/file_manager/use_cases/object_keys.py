"""Where in the bucket a file lies: a name that says nothing about the person."""

import re
from datetime import UTC, datetime
from uuid import UUID

from domain.events import FileUploaded
from domain.values import FileId
from file_manager.use_cases.file_types import FileType

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_KEY = re.compile(
    r"[A-Za-z0-9_-]+/[0-9]{4}/[0-9]{2}/(?P<file>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"/(?P<name>[A-Za-z0-9_-]+\.[a-z0-9]+)"
)


def object_key(file: FileUploaded, file_type: FileType, uploaded_at: datetime) -> str:
    """Return the same key for every repeat of the event; `uploaded_at` is the event's time."""
    month = uploaded_at.astimezone(UTC).strftime("%Y/%m")
    name = f"{_safe(file.kind)}.{file_type.extension}"
    return f"{_safe(file.phone_number_id)}/{month}/{file.file_id}/{name}"


def file_of(key: str) -> FileId | None:
    """Return which file lies there, or None where none of ours can."""
    found = _KEY.fullmatch(key)
    return None if found is None else FileId(UUID(found["file"]))


def download_name(key: str) -> str | None:
    """Return what the file is called when somebody downloads it; it tells nothing personal."""
    found = _KEY.fullmatch(key)
    return None if found is None else f"{found['file']}-{found['name']}"


def _safe(segment: str) -> str:
    return _UNSAFE.sub("_", segment)
