"""What HubSpot's refusals mean. Its own word for one decides; the HTTP status where it has none.

CrmUnavailable
├── TooFast     the same call again after a rest
├── Locked      a record of the call is locked for a moment
└── CrmPaused
CrmRefused
├── NotThere    what the call is about is not in HubSpot
└── Conflict    the same call again once: two writers met
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm_notifier.adapters.retry_after import pause_of
from domain.ports.crm import CrmFailure, CrmPaused, CrmRefused, CrmUnavailable

PAUSE = 60.0
"""Seconds until HubSpot is asked again whether our access is in order."""
DAY_PAUSE = 900.0
"""The same where the day's calls are used up: it ends at midnight in a time zone unknown to us."""
REST = 1.0
"""Seconds after calling too often, where HubSpot does not say how many."""

ADDRESS_UNKNOWN = "address-unknown"
"""Nothing answers there, and HubSpot does not say what is missing."""
NO_RIGHTS = frozenset({"missing-scopes", "access-denied"})
"""What our key may not do, though HubSpot knows it."""
OURS = "whatsapp_"
"""What the names of the properties begin with that are made for us."""

_NOT_UNIQUE = re.compile(r"by non-unique \S+ property (\w+)")

_PAUSED = {
    "INVALID_AUTHENTICATION": "access-ended",
    "EXPIRED_AUTHENTICATION": "access-ended",
    "MISSING_SCOPES": "missing-scopes",
}
_PAUSED_BY_STATUS = {401: "access-ended", 403: "access-denied", 410: "version-gone"}
_LATER = frozenset({408, 425})
_CONFLICT, _LOCKED, _TOO_MANY, _MIGRATING = 409, 423, 429, 477
_REDIRECTS = range(300, 400)
_NOT_FOUND, _SERVER = 404, 500

_log = structlog.get_logger(__name__)


class TooFast(CrmUnavailable):
    """Called too often; `rest` says for how many seconds to call nobody."""

    def __init__(self, rest: float) -> None:
        super().__init__("rate-limit", after=rest)
        self.rest = rest


class Locked(CrmUnavailable):
    """A record is being written by somebody else; the others need not wait for it."""


class NotThere(CrmRefused):
    """There is no such object, or not any more."""


class Conflict(CrmRefused):
    """Another writer was there at the same moment."""


class Problem(BaseModel):
    """HubSpot's account of an error, of which any part may be missing."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    category: Any = None
    message: Any = None
    correlation_id: Any = Field(default=None, alias="correlationId")
    policy: Any = Field(default=None, alias="policyName")
    error_type: Any = Field(default=None, alias="errorType")
    errors: Any = None


def problem_of(body: bytes) -> Problem:
    """Read the account of an error; one that is none says nothing."""
    try:
        return Problem.model_validate_json(body)
    except ValidationError:
        return Problem()


def failure_of(
    status: int, problem: Problem, headers: Mapping[str, str], now: datetime
) -> CrmFailure:
    """Return what an error means. `status` is 207 for one row of a batch."""
    failure = _failure(status, problem, pause_of(headers.get("retry-after"), now))
    _log.warning(
        "hubspot refused",
        status=status,
        reason=str(failure),
        correlation_id=_correlation(problem.correlation_id),
    )
    return failure


def _failure(status: int, problem: Problem, after: float | None) -> CrmFailure:
    category = problem.category if isinstance(problem.category, str) else ""
    if category in _PAUSED:
        return CrmPaused(_PAUSED[category], after=after or PAUSE)
    if category == "RATE_LIMITS" or problem.error_type == "RATE_LIMIT" or status == _TOO_MANY:
        if problem.policy == "DAILY":
            return CrmPaused("daily-limit", after=after or DAY_PAUSE)
        return TooFast(REST if after is None else after)
    if category == "CONFLICT" or status == _CONFLICT:
        return Conflict("conflict")
    if category == "OBJECT_NOT_FOUND":
        return NotThere("object-not-found")
    if category == "VALIDATION_ERROR":
        return _invalid(status, problem)
    return _by_status(status, problem, after)


def _by_status(status: int, problem: Problem, after: float | None) -> CrmFailure:
    if status in _PAUSED_BY_STATUS:
        return CrmPaused(_PAUSED_BY_STATUS[status], after=after or PAUSE)
    if status in _REDIRECTS:
        return CrmPaused("redirected", after=PAUSE)
    if status == _NOT_FOUND and not problem.category:
        return CrmPaused(ADDRESS_UNKNOWN, after=PAUSE)
    if status == _LOCKED:
        return Locked("locked")
    if status == _MIGRATING:
        return CrmUnavailable("account-migrating", after=after)
    if status >= _SERVER or status in _LATER:
        return CrmUnavailable(f"http-{status}", after=after)
    return CrmRefused(_reason(status, problem))


def _invalid(status: int, problem: Problem) -> CrmFailure:
    """Tell a wrong value from a property of ours that was not made: without it nothing can go."""
    plain = _NOT_UNIQUE.search(problem.message) if isinstance(problem.message, str) else None
    if plain and plain[1].startswith(OURS):
        return CrmPaused(f"not-unique-{_word(plain[1])}", after=PAUSE)
    code, named = _detail(problem)
    if code == "PROPERTY_DOESNT_EXIST" and isinstance(named, str) and named.startswith(OURS):
        return CrmPaused(f"no-property-{_word(named)}", after=PAUSE)
    return CrmRefused(_reason(status, problem))


def _reason(status: int, problem: Problem) -> str:
    """Say why in HubSpot's codes and names of properties, never in its sentences."""
    words = _word(problem.category) or f"http-{status}", *map(_word, _detail(problem))
    return "-".join(filter(None, words))


def _detail(problem: Problem) -> tuple[Any, Any]:
    """Return the code of the first mistake, and the name of the property that it is about.

    They stand under `errors`, or as JSON behind the words of `message`.
    """
    first = _first(problem.errors)
    if first is not None:
        return _entry(first, "code"), _first(_entry(_entry(first, "context"), "propertyName"))
    told = problem.message if isinstance(problem.message, str) else ""
    try:
        first = _first(json.loads(told[told.index("[") :]))
    except ValueError:
        return None, None
    return _entry(first, "error"), _entry(first, "name")


def _first(several: Any) -> Any:
    return several[0] if isinstance(several, list) and several else None


def _entry(of: Any, key: str) -> Any:
    return of.get(key) if isinstance(of, dict) else None


def _correlation(given: Any) -> str | None:
    """Return HubSpot's id of the call, by which its support finds it."""
    known = isinstance(given, str) and re.fullmatch(r"[0-9a-fA-F-]{1,40}", given)
    return given if known else None


def _word(code: Any) -> str:
    """Return a code in our spelling, and nothing of what is none: it might be personal."""
    if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,79}", code):
        return ""
    return re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")
