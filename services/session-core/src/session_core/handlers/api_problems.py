"""How the query API says what is wrong: problem details (RFC 9457) that quote nobody."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from domain.codec import UndecodableMessage
from domain.ports.event_store import StoreFailure
from domain.ports.operators import CommandNotSent
from session_core.use_cases.looking_up import NoSuchVersion
from session_core.use_cases.operating import NothingToDo, UnknownContact, UnknownSession, Unsendable

_SOON = {"retry-after": "2"}
_NOT_SENT = "Kafka did not confirm the command: repeat it with the same Idempotency-Key"
_OF_THE_SENDER = frozenset({"variables", "data"})
_log = structlog.get_logger(__name__)


class Mistake(BaseModel):
    """One thing that is wrong with a request: where, and a short word for what."""

    where: str
    problem: str
    expected: str | None = None
    """What is allowed there, where that is a list of words."""


class Problem(BaseModel):
    """Why a request was not done."""

    title: str
    status: int
    detail: str | None = None
    mistakes: Sequence[Mistake] | None = None


def problem(
    status: int,
    detail: str | None = None,
    *,
    mistakes: Sequence[Mistake] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with what is wrong."""
    told = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, mistakes=mistakes)
    return JSONResponse(
        told.model_dump(exclude_none=True),
        status_code=status,
        headers=headers,
        media_type="application/problem+json",
    )


def explain(api: FastAPI) -> None:
    """Turn every failure of a handler into an answer."""
    for failure, status in (
        (UnknownSession, 404),
        (UnknownContact, 404),
        (NoSuchVersion, 404),
        (NothingToDo, 409),
        (Unsendable, 422),
    ):
        api.add_exception_handler(failure, _told(status))
    api.add_exception_handler(StoreFailure, _unavailable)
    api.add_exception_handler(CommandNotSent, _not_sent)
    api.add_exception_handler(UndecodableMessage, _unreadable)
    api.add_exception_handler(RequestValidationError, _mistaken)
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(Exception, _broken)


def _told(status: int) -> Any:
    def answer(_: Request, failure: Exception) -> Response:
        return problem(status, str(failure))

    return answer


def _unavailable(_: Request, failure: Exception) -> Response:
    _log.warning("the database did not answer the query API", reason=str(failure))
    return problem(503, "the database does not answer", headers=_SOON)


def _not_sent(_: Request, failure: Exception) -> Response:
    _log.warning("a command of the query API was not confirmed", reason=str(failure))
    return problem(503, _NOT_SENT, headers=_SOON)


def _unreadable(_: Request, failure: Exception) -> Response:
    _log.error("a stored event cannot be read", reason=str(failure))
    return problem(500, "what is stored cannot be read by this version")


def _mistaken(_: Request, failure: Exception) -> Response:
    assert isinstance(failure, RequestValidationError)  # noqa: S101 registered for nothing else
    return problem(422, mistakes=[_mistake(error) for error in failure.errors()])


def _mistake(error: Mapping[str, Any]) -> Mistake:
    """Name a member of ours; how the sender called one that we do not know stays theirs."""
    place = error["loc"][:-1] if error["type"] == "extra_forbidden" else _ours(error["loc"])
    expected = error["ctx"]["expected"] if error["type"] == "literal_error" else None
    where = ".".join(str(part) for part in place)
    return Mistake(where=where, problem=error["type"], expected=expected)


def _ours(place: Sequence[str | int]) -> Sequence[str | int]:
    """Leave out what stands within JSON of the sender's own."""
    inside = next((at for at, part in enumerate(place, start=1) if part in _OF_THE_SENDER), None)
    return place[:inside]


def _refused(_: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)  # noqa: S101 registered for nothing else
    return problem(failure.status_code, headers=failure.headers)


def _broken(_: Request, __: Exception) -> Response:
    return problem(500)
