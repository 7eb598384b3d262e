"""`/webhook`: proves who speaks, hands the bytes on, and thanks only for what is kept."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TypeAlias

import structlog
from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.ports.command_log import LogUnavailable
from ingress.handlers import metrics, signature
from ingress.handlers.body import PATIENCE_SECONDS, HungUp, TooLarge, read_body
from ingress.handlers.in_flight import InFlight, NoRoom, Share
from ingress.use_cases.reading import Reading
from streaming.traced import Traced
from streaming.tracing import span

Take: TypeAlias = Callable[[bytes, datetime], Awaitable[Reading]]

WEBHOOK = Traced(
    "POST /webhook",
    SpanKind.SERVER,
    "One signed webhook, until everything in it is kept; it begins the trace of its messages",
    attributes=(
        "http.request.method",
        "http.route",
        "url.scheme",
        "http.response.status_code",
    ),
    below="nothing: what strangers send as `traceparent` is not believed",
    always={"http.request.method": "POST", "http.route": "/webhook", "url.scheme": "http"},
)
_CLOSE = {"connection": "close"}
_KEPT = Response(status_code=200)
_FORGED = Response(status_code=401)
_INCOMPLETE = Response(status_code=408, headers=_CLOSE)
_TOO_LARGE = Response(status_code=413, headers=_CLOSE)
_NO_ROOM = Response(status_code=503, headers=_CLOSE)
_UNAVAILABLE = Response(status_code=503)
_NO_SUCH = Response(status_code=405, headers={"allow": "GET, POST"})
_PLAIN = {"x-content-type-options": "nosniff"}
_MOST_DIGITS = 19
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Answers WhatsApp. `now` tells the time with its zone."""

    take: Take
    app_secret: str
    verify_token: str
    in_flight: InFlight
    now: Callable[[], datetime]
    patience_s: float = PATIENCE_SECONDS
    further_secrets: Sequence[str] = ()
    """Also valid: other apps', or the former or next one while the secret is exchanged."""

    def verify(self, request: Request) -> Response:
        """Give the challenge back to who knows the token."""
        asked = request.query_params
        token = asked.get("hub.verify_token", "").encode()
        known = hmac.compare_digest(token, self.verify_token.encode())
        if not known or asked.get("hub.mode") != "subscribe":
            return Response(status_code=403)
        return PlainTextResponse(asked.get("hub.challenge", ""), headers=_PLAIN)

    async def receive(self, scope: Scope, receive: Receive) -> Response:
        """Take one webhook in; any answer but 200 makes WhatsApp repeat it."""
        began = perf_counter()
        with self.in_flight.share() as share:
            outcome, response = await self._answer(scope, receive, share)
        metrics.SECONDS.observe(perf_counter() - began)
        metrics.webhooks(outcome).inc()
        return response

    async def _answer(self, scope: Scope, receive: Receive, share: Share) -> tuple[str, Response]:
        length, given = _told(scope)
        try:
            body = await read_body(receive, length, share, self.patience_s)
        except TooLarge:
            return "too-large", _TOO_LARGE
        except NoRoom:
            return "no-room", _NO_ROOM
        except (TimeoutError, HungUp):
            return "incomplete", _INCOMPLETE
        secrets = (one.encode() for one in (self.app_secret, *self.further_secrets))
        if not signature.matches(secrets, body, given):
            _log.warning("webhook without a valid signature refused")
            return "forged", _FORGED
        with span(WEBHOOK) as opened:
            outcome, response = await self._keep(body)
            opened.set_attribute("http.response.status_code", response.status_code)
            return outcome, response

    async def _keep(self, body: bytes) -> tuple[str, Response]:
        try:
            reading = await self.take(body, self.now())
        except LogUnavailable as problem:
            _log.warning("webhook not kept, to be repeated", reason=str(problem))
            return "unavailable", _UNAVAILABLE
        _count(reading)
        return "kept", _KEPT


def webhook_api(door: Door) -> ASGIApp:
    """Return the application with the two requests that WhatsApp makes.

    It is bare ASGI: routing and layers would cost more than reading a webhook does.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "POST":
                response = await door.receive(scope, receive)
            case "GET":
                response = door.verify(Request(scope))
            case _:
                response = _NO_SUCH
        await response(scope, receive, send)

    return answer


def _told(scope: Scope) -> tuple[int, str | None]:
    """Return the length that the sender declared, 0 if none that can be, and the signature."""
    length, given = b"", None
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = value
        elif name == signature.HEADER and given is None:
            given = value.decode("latin-1")
    # Python refuses to read thousands of digits, which may all be noughts.
    is_length = length.isdigit() and len(length) <= _MOST_DIGITS
    return int(length) if is_length else 0, given


def _count(reading: Reading) -> None:
    for entries in (reading.commands, reading.account_updates):
        for entry in entries:
            metrics.entries(entry.type).inc()
    for problem in reading.parked:
        metrics.parked(problem.reason).inc()
