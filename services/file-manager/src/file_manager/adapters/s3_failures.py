"""What S3's errors mean: wait, or have a person look."""

from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import TypeVar

import structlog
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from domain.ports.files import StorageRefused, StorageUnavailable
from streaming.calling import Call
from streaming.connecting import because
from streaming.traced import SpanKind, Traced

Answer = TypeVar("Answer")

_TEMPORARY = frozenset(
    {
        "ConditionalRequestConflict",
        "NoSuchUpload",  # it was completed or aborted meanwhile: the next attempt will see which
        "OperationAborted",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
    }
)
_UNKNOWN = "NotImplemented"
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)

_CLOSED = frozenset({"AccessDenied", "AccountProblem", "AllAccessDisabled", "NoSuchBucket"})
"""What every file would be answered, unless it is a lock that keeps one from being deleted."""

_WHO_WE_ARE = ("AssumeRole", "GetRoleCredentials", "CreateToken")
"""What is asked of others than the storage, before it is asked at all."""

_log = structlog.get_logger(__name__)


def _traced(method: str, means: str, below: str = "the attempt at the file") -> Traced:
    return Traced(
        f"S3/{method}",
        SpanKind.CLIENT,
        means,
        attributes=(
            "rpc.system.name",
            "rpc.method",
            "aws.s3.bucket",
            "aws.s3.key",
            "http.response.status_code",
        ),
        below=below,
        always={"rpc.system.name": "aws-api", "rpc.method": f"S3/{method}"},
    )


HEAD_BUCKET = _traced("HeadBucket", "Whether the bucket can be reached, at the start", "nothing")
HEAD_OBJECT = _traced("HeadObject", "Whether the file is in the bucket already")
PUT_OBJECT = _traced("PutObject", "A file of up to 8 MiB, or an entry of the bucket's own index")
CREATE_UPLOAD = _traced("CreateMultipartUpload", "The begin of a larger file")
UPLOAD_PART = _traced("UploadPart", "8 MiB of it")
COMPLETE_UPLOAD = _traced("CompleteMultipartUpload", "Its end")
ABORT_UPLOAD = _traced("AbortMultipartUpload", "Its end where it went wrong")
LIST_UPLOADS = _traced("ListMultipartUploads", "What earlier attempts left of it")
LIST_OBJECTS = _traced("ListObjectsV2", "What the bucket's own index tells, such as whose files")
LIST_VERSIONS = _traced("ListObjectVersions", "What is to be deleted of a file")
DELETE_OBJECT = _traced("DeleteObject", "The end of a file, or of one version of it")
GET_RULES = _traced("GetBucketLifecycleConfiguration", "The bucket's rules", "nothing")
PUT_RULES = _traced("PutBucketLifecycleConfiguration", "The rules that we keep there", "nothing")
SPANS = (
    *(HEAD_BUCKET, HEAD_OBJECT, PUT_OBJECT, CREATE_UPLOAD, UPLOAD_PART),
    *(COMPLETE_UPLOAD, ABORT_UPLOAD, LIST_UPLOADS, LIST_OBJECTS, LIST_VERSIONS),
    *(DELETE_OBJECT, GET_RULES, PUT_RULES),
)


async def answer(
    what: Traced, call: Awaitable[Answer], *, bucket: str, key: str | None = None
) -> Answer:
    """Await one call to S3. Raises StorageUnavailable or StorageRefused."""
    place = {"aws.s3.bucket": bucket, **({"aws.s3.key": key} if key else {})}
    try:
        with Call("s3", what, attributes=lambda: place) as asked:
            try:
                given = await call
            except ClientError as error:
                refused = error
                asked.answered(_status_of(error), expected=_expected(what))
            else:
                asked.answered(HTTPStatus.OK)
                return given
        raise _failure(refused) from refused
    except (BotoCoreError, ResponseParserError, OSError) as error:
        raise StorageUnavailable(_silence(error)) from error


def told(response: Mapping[str, object], name: str) -> str:
    """Return what every true answer of S3 holds. Raises StorageUnavailable if it is not there."""
    content = response.get(name)
    if not isinstance(content, str):
        raise StorageUnavailable(f"storage answers without {name}")
    return content


def is_missing(refusal: StorageRefused) -> bool:
    """Say whether S3 refused because there is no such thing."""
    return _refused_with(refusal) == HTTPStatus.NOT_FOUND


def is_taken(refusal: StorageRefused) -> bool:
    """Say whether S3 refused because there is something already (`If-None-Match: *`)."""
    return _refused_with(refusal) == HTTPStatus.PRECONDITION_FAILED


def is_unknown(refusal: StorageRefused) -> bool:
    """Say whether this server cannot do what was asked of it."""
    return _refused_with(refusal) in {
        HTTPStatus.NOT_IMPLEMENTED,
        HTTPStatus.METHOD_NOT_ALLOWED,
    }


def _refused_with(refusal: StorageRefused) -> int:
    cause = refusal.__cause__
    return _status_of(cause) if isinstance(cause, ClientError) else 0


def _expected(what: Traced) -> int | None:
    if what in (PUT_OBJECT, COMPLETE_UPLOAD):
        return HTTPStatus.PRECONDITION_FAILED
    return HTTPStatus.NOT_FOUND if what in (HEAD_OBJECT, GET_RULES) else None


def _silence(error: Exception) -> str:
    """Say why there was no answer, or not even a question."""
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "there are no credentials for the storage, or half of them"
        case CredentialRetrievalError() | MetadataRetrievalError():
            return f"credentials for the storage cannot be had: {type(error).__name__}"
        case FileNotFoundError() | PermissionError():
            return f"{error.filename} cannot be read, which the storage needs: {error.strerror}"
        case _:
            return f"storage does not answer: {because(error)}"


def _failure(error: ClientError) -> StorageUnavailable | StorageRefused:
    """Wait for an operator where credentials, rights or bucket are wrong: no file would do."""
    code, status = error.response.get("Error", {}).get("Code", "unknown"), _status_of(error)
    if error.operation_name.startswith(_WHO_WE_ARE):
        _log.error("files cannot be stored until an operator mends it", problem=code)
        return StorageUnavailable(f"no credentials for the storage: {error.operation_name} {code}")
    closed = code in _CLOSED and error.operation_name != "DeleteObject"
    if code in _CREDENTIALS or closed:
        _log.error("files cannot be stored until an operator mends it", problem=code)
        return StorageUnavailable(f"storage answered {code}")
    temporary = status >= HTTPStatus.INTERNAL_SERVER_ERROR and code != _UNKNOWN
    if code in _TEMPORARY or temporary:
        return StorageUnavailable(f"storage answered {code}")
    return StorageRefused(f"storage answered {code}")


def _status_of(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
