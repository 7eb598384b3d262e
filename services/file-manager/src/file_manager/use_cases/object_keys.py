"""Where in the bucket a file lies: a name that says nothing about the person."""

import re
from datetime import UTC, datetime

from domain.events import FileUploaded
from file_manager.use_cases.file_types import FileType

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def object_key(file: FileUploaded, file_type: FileType, uploaded_at: datetime) -> str:
    """Return the same key for every repeat of the event; `uploaded_at` is the event's time."""
    month = uploaded_at.astimezone(UTC).strftime("%Y/%m")
    name = f"{_safe(file.kind)}.{file_type.extension}"
    return f"{_safe(file.phone_number_id)}/{month}/{file.file_id}/{name}"


def _safe(segment: str) -> str:
    return _UNSAFE.sub("_", segment)
