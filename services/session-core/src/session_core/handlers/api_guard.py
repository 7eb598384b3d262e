"""Lets nobody to the query API without the token, and no body in that is larger than needed."""

import asyncio
import hmac

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_core.handlers.api_problems import problem
from session_core.use_cases import metrics

MOST_BYTES = 64 * 1024
"""A text of 4,096 characters, escaped, and room to spare."""
PATIENCE_SECONDS = 5.0
"""What a whole body may take."""

_CLOSE = {"connection": "close"}
_log = structlog.get_logger(__name__)


class TooLarge(Exception):
    """The body is larger than any command."""


class Guard:
    """The application behind a bearer token. What it answers is kept by no cache."""

    def __init__(
        self, app: ASGIApp, token: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._patience_seconds = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = _uncached(send)
        if not self._is_let_in(Headers(scope=scope)):
            _log.warning("a request without the token was refused")
            refusal = {"www-authenticate": "Bearer", **_CLOSE}
            await problem(401, headers=refusal)(scope, receive, answer)
            return
        try:
            async with asyncio.timeout(self._patience_seconds):
                body = await _read(Request(scope, receive))
        except TooLarge:
            await problem(413, headers=_CLOSE)(scope, receive, answer)
        except TimeoutError:
            await problem(408, headers=_CLOSE)(scope, receive, answer)
        except ClientDisconnect:
            return
        else:
            await self._app(scope, _replayed(body, receive), answer)

    def _is_let_in(self, headers: Headers) -> bool:
        given = headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        same = hmac.compare_digest(token.strip().encode(), self._token)
        return same and scheme.lower() == "bearer"


async def _read(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLarge
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, and then whatever comes after it."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _uncached(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["cache-control"] = "no-store"
            headers["x-content-type-options"] = "nosniff"
            metrics.API_ANSWERS.labels(message["status"]).inc()
        await send(message)

    return answer
