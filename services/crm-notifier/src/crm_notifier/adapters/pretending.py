"""Stands in for a CRM where nobody is to be told: keeps what would have been called."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from yarl import URL

from crm_notifier.adapters.http_client import TIMEOUT, Answer, Body, HttpClient
from streaming.traced import Traced

_READS = ("GET", "DELETE")
_UNKNOWN = [{"errorCode": "NOT_FOUND", "message": "nobody is known here"}]
_NOTHING = {"totalSize": 0, "done": True, "records": []}


class Called(NamedTuple):
    """A call as it would have been made; the body as JSON."""

    method: str
    path: str
    body: Any


Answers: TypeAlias = Callable[[Called], Any]
"""What a CRM that knows nobody yet would answer, as JSON."""


class PretendedCrm(HttpClient):
    """Calls nobody. What is no JSON, as who asks for a token, is answered and not kept."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self._answers = answers
        self._calls: list[Called] = []

    def calls(self) -> list[Called]:
        """Return what would have been called since this was asked last."""
        calls, self._calls = self._calls, []
        return calls

    async def call(  # noqa: D102 as the client
        self,
        traced: Traced,  # noqa: ARG002
        method: str,
        url: str | URL,
        *,
        body: Body = None,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        within: float = TIMEOUT,  # noqa: ARG002
    ) -> Answer:
        called = Called(method, URL(url).path_qs, _json(body))
        if body is None or called.body is not None:
            self._calls.append(called)
        return Answer(200, {}, json.dumps(self._answers(called)).encode())

    async def post(  # noqa: D102 as the client
        self,
        traced: Traced,
        url: str | URL,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        within: float = TIMEOUT,
    ) -> Answer:
        return await self.call(traced, "POST", url, body=body, headers=headers, within=within)


def any_receiver(_: Called) -> Any:
    """Say yes."""
    return {}


def hubspot(called: Called) -> Any:
    """Return what was written, each under an id; nothing else is there."""
    inputs = called.body.get("inputs", []) if isinstance(called.body, dict) else []
    written = [one for one in inputs if "properties" in one]
    return {"results": [{**one, "id": str(number)} for number, one in enumerate(written, 1)]}


def salesforce(called: Called) -> Any:
    """Let in whoever asks for a token; take what is written, and know no record."""
    if not isinstance(called.body, dict):
        instance = "https://pretended.my.salesforce.com"
        return {"access_token": "pretended", "instance_url": instance, "token_type": "Bearer"}
    return {"compositeResponse": [_part(one) for one in called.body["compositeRequest"]]}


def _part(request: Mapping[str, Any]) -> Mapping[str, Any]:
    status, body = _outcome(request["method"], request["url"])
    return {
        "referenceId": request["referenceId"],
        "httpStatusCode": status,
        "httpHeaders": {},
        "body": body,
    }


def _outcome(method: str, url: str) -> tuple[int, Any]:
    if method not in _READS:
        return 201, {"id": "003000000000001AAA", "success": True, "errors": []}
    return (200, _NOTHING) if "/query" in url else (404, _UNKNOWN)


def _json(body: Body) -> Any:
    try:
        return json.loads(body or b"null") if isinstance(body, bytes | None) else None
    except ValueError:
        return None
