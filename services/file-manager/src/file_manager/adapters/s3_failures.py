"""What S3's errors mean: wait, or have a person look."""

from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import TypeVar

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from domain.ports.files import StorageRefused, StorageUnavailable

Answer = TypeVar("Answer")

_TEMPORARY = frozenset(
    {
        "NoSuchUpload",  # it was completed or aborted meanwhile: the next attempt will see which
        "OperationAborted",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
    }
)
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)

_log = structlog.get_logger(__name__)


async def answer(call: Awaitable[Answer]) -> Answer:
    """Await one call to S3. Raises StorageUnavailable or StorageRefused."""
    try:
        return await call
    except ClientError as error:
        raise _failure(error) from error
    except (BotoCoreError, ResponseParserError, OSError) as error:
        raise StorageUnavailable(f"storage does not answer: {type(error).__name__}") from error


def told(response: Mapping[str, object], name: str) -> str:
    """Return what every true answer of S3 holds. Raises StorageUnavailable if it is not there."""
    content = response.get(name)
    if not isinstance(content, str):
        raise StorageUnavailable(f"storage answers without {name}")
    return content


def is_missing(refusal: StorageRefused) -> bool:
    """Say whether S3 refused because there is no such thing."""
    cause = refusal.__cause__
    return isinstance(cause, ClientError) and _status_of(cause) == HTTPStatus.NOT_FOUND


def _failure(error: ClientError) -> StorageUnavailable | StorageRefused:
    """Wait for an operator where the credentials are wrong: every file would be refused."""
    code, status = error.response.get("Error", {}).get("Code", "unknown"), _status_of(error)
    if code in _CREDENTIALS:
        _log.error("files cannot be stored until an operator mends it", problem=code)
        return StorageUnavailable(f"storage answered {code}")
    if code in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StorageUnavailable(f"storage answered {code}")
    return StorageRefused(f"storage answered {code}")


def _status_of(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
