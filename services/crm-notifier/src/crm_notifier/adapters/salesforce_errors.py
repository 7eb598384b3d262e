"""What each of Salesforce's error codes means for an event (REST API, "Status Codes").

The code decides, not the HTTP status: a used-up day is a 403, a locked row a 400.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, assert_never

import structlog

from crm_notifier.adapters.salesforce_requests import Result
from domain.ports.crm import CrmFailure, CrmPaused, CrmRefused, CrmUnavailable

Kind: TypeAlias = Literal["unavailable", "stopped", "refused"]
"""`stopped` concerns every event: all wait for a person, or for the day to go by."""

SESSION_ENDED = "INVALID_SESSION_ID"
TAKEN = "DUPLICATE_VALUE"
"""Somebody else wrote the same key at this moment, or another field is unique, too."""
HALTED = "PROCESSING_HALTED"
"""Another request of the call failed, to which this one refers."""
UNKNOWN = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
"""There is no such record, or no more."""

_CODES: Mapping[Kind, tuple[str, ...]] = {
    "unavailable": (
        "UNABLE_TO_LOCK_ROW",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
        "QUERY_TIMEOUT",
        "REQUEST_RUNNING_TOO_LONG",
        "EXCEEDED_MAX_CONCURRENT_REQUESTS",
    ),
    "stopped": (
        "REQUEST_LIMIT_EXCEEDED",
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "ORG_LOCKED",
        "INVALID_LOGIN",
        "PASSWORD_LOCKOUT",
        "TXN_SECURITY_NO_ACCESS",
        "TXN_SECURITY_METERING_ERROR",
        "UNSUPPORTED_API_VERSION",
        "INVALID_TYPE",  # an object that is not for us
        "NOT_FOUND",  # a key that nobody made: that a record is missing is expected where it may
        SESSION_ENDED,
    ),
    "refused": (
        "REQUIRED_FIELD_MISSING",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_CROSS_REFERENCE_KEY",
        "INACTIVE_OWNER_OR_USER",
        # Rights to one record or one owner: others can be told.
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "STRING_TOO_LONG",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "MALFORMED_ID",
        "MALFORMED_QUERY",
        "JSON_PARSER_ERROR",
        "DUPLICATES_DETECTED",
        "DUPLICATE_EXTERNAL_ID",
        TAKEN,
        HALTED,
        "ENTITY_IS_DELETED",
        "ENTITY_IS_LOCKED",
        "DELETE_FAILED",
        "STORAGE_LIMIT_EXCEEDED",
    ),
}

KINDS: Mapping[str, Kind] = MappingProxyType(
    {code: kind for kind, codes in _CODES.items() for code in codes}
)
"""The table, by code."""

_WORTH_RETRYING = frozenset({408, 420, 425, 429})
_MANY_MATCHES = _ANY_FAILURE = 300
_CLIENT, _SERVER = 400, 500
_ACCESS = frozenset({401, 403, 404, 410})

_log = structlog.get_logger(__name__)


def failure(result: Result) -> CrmFailure | None:
    """Return what the answer means where it is none that we hoped for."""
    if result.status < _ANY_FAILURE:
        return None
    code, fields = _problem(result.body)
    _log.warning("salesforce said no", status=result.status, code=code, fields=fields)
    if result.status == _MANY_MATCHES:
        return CrmRefused("key-not-unique")
    return _meant(_kind(code, result.status), _reason(code, result.status))


def code_of(result: Result) -> str | None:
    """Return Salesforce's code of a failure."""
    return _problem(result.body)[0] if result.status >= _ANY_FAILURE else None


def lacks(result: Result, field: str) -> bool:
    """Say whether the record was not made because this field had no value."""
    code, fields = _problem(result.body)
    return code == "REQUIRED_FIELD_MISSING" and fields == (field,)


def understood(body: bytes) -> Any:
    """Return the JSON, or none where it is something else: a page of something in between."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _problem(body: Any) -> tuple[str | None, tuple[str, ...]]:
    """Return the code, and the names of the fields that it is about; never the message."""
    first = body[0] if isinstance(body, list) and body else None
    if not isinstance(first, dict):
        return None, ()
    code, fields = first.get("errorCode") or first.get("statusCode"), first.get("fields")
    named = tuple(str(one) for one in fields) if isinstance(fields, list) else ()
    return (code if isinstance(code, str) else None), named


def _kind(code: str | None, status: int) -> Kind:
    known = KINDS.get(code) if code else None
    if known:
        return known
    if status >= _SERVER or status in _WORTH_RETRYING:
        return "unavailable"
    return "stopped" if status in _ACCESS or status < _CLIENT else "refused"


def _reason(code: str | None, status: int) -> str:
    if code is None:
        return f"http-{status}"
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in code.lower())


def _meant(kind: Kind, reason: str) -> CrmFailure:
    match kind:
        case "unavailable":
            return CrmUnavailable(reason)
        case "stopped":
            return CrmPaused(reason)
        case "refused":
            return CrmRefused(reason)
        case _:
            assert_never(kind)
