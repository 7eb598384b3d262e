"""What the Graph API's answers about a medium mean."""

import re
from http import HTTPStatus

import structlog
from pydantic import BaseModel, ValidationError, field_validator

from domain.ports.files import MediaGone, MediaUnavailable

GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_UNKNOWN_ID = frozenset({33, 100})
"""`Parameter value is not valid` and `Invalid parameter`: the id never was, or has expired."""
_TEMPORARY = frozenset({1, 2, 4, 80007, 130429, 131000, 131016})
"""Unknown and service errors, and the limits on calls, which Meta also answers as HTTP 400."""
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")

_log = structlog.get_logger(__name__)


class MediaLink(BaseModel):
    """`GET /{media-id}`: a link that needs our token and lives five minutes (Meta, media)."""

    url: str
    file_size: int | None = None
    sha256: str | None = None

    @field_validator("sha256")
    @classmethod
    def _only_hex(cls, told: str | None) -> str | None:
        """Pass over a hash in another form: the webhook's own is checked in any case."""
        return told.lower() if told and _SHA256_HEX.fullmatch(told.lower()) else None


class _Error(BaseModel):
    code: int


class _Refusal(BaseModel):
    error: _Error


def read_link(status: int, body: bytes) -> MediaLink:
    """Return the link, or raise MediaGone or MediaUnavailable."""
    if status != HTTPStatus.OK:
        code = _error_code(body)
        if status in GONE or code in _UNKNOWN_ID:
            raise MediaGone("the platform knows no such media")
        raise unavailable("media look-up", status, code)
    try:
        return MediaLink.model_validate_json(body)
    except ValidationError:
        raise MediaUnavailable("the answer to a media look-up is unreadable") from None


def unavailable(what: str, status: int, code: int | None = None) -> MediaUnavailable:
    """Return the failure to raise; what time alone will not mend is logged for an operator."""
    reason = f"{what} answered with status {status}, code {code}"
    if not (status >= HTTPStatus.INTERNAL_SERVER_ERROR or _is_temporary(status, code)):
        _log.error("files cannot be fetched until an operator mends it", problem=reason)
    return MediaUnavailable(reason)


def _is_temporary(status: int, code: int | None) -> bool:
    return code in _TEMPORARY or status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )


def _error_code(body: bytes) -> int | None:
    try:
        return _Refusal.model_validate_json(body).error.code
    except ValidationError:
        return None
