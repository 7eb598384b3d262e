"""`/webhook`: proves who speaks, hands the bytes on, and thanks only for what is kept."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
from ingress.handlers.body import PATIENCE_SECONDS, HungUp, TooLarge, read_body, whole_body
from ingress.handlers.in_flight import InFlight, NoRoom, Share
from ingress.handlers.signature import Signatures
from ingress.use_cases.reading import Reading
from streaming.connections import WHOLE
from streaming.traced import Traced
from streaming.tracing import span
from streaming.whole import Headers, Plain

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
_KEPT = Plain(200)
_FORGED = Plain(401)
_INCOMPLETE = Plain(408, _CLOSE)
_TOO_LARGE = Plain(413, _CLOSE)
_NO_ROOM = Plain(503, _CLOSE)
_UNAVAILABLE = Plain(503)
_NO_SUCH = Response(status_code=405, headers={"allow": "GET, POST"})
_PLAIN = {"x-content-type-options": "nosniff"}
_MOST_DIGITS = 19
_log = structlog.get_logger(__name__)


class Door:
    """Answers WhatsApp. `now` tells the time with its zone.

    `further_secrets` are valid, too: other apps', or the former or next one while the secret is
    exchanged.
    """

    def __init__(
        self,
        *,
        take: Take,
        app_secret: str,
        verify_token: str,
        in_flight: InFlight,
        now: Callable[[], datetime],
        patience_s: float = PATIENCE_SECONDS,
        further_secrets: Sequence[str] = (),
    ) -> None:
        self._take = take
        self._signatures = Signatures([app_secret, *further_secrets])
        self._verify_token = verify_token.encode()
        self._in_flight = in_flight
        self._now = now
        self._patience_s = patience_s

    def verify(self, request: Request) -> Response:
        """Give the challenge back to who knows the token."""
        asked = request.query_params
        token = asked.get("hub.verify_token", "").encode()
        known = hmac.compare_digest(token, self._verify_token)
        if not known or asked.get("hub.mode") != "subscribe":
            return Response(status_code=403)
        return PlainTextResponse(asked.get("hub.challenge", ""), headers=_PLAIN)

    async def receive(self, scope: Scope, receive: Receive) -> Plain:
        """Take one webhook in; any answer but 200 makes WhatsApp repeat it."""
        headers = _first_of_each(scope["headers"])

        async def body(share: Share) -> bytes:
            if WHOLE in scope.get("extensions", ()):
                return await whole_body(receive, share)
            declared = _length(headers.get(b"content-length", b""))
            return await read_body(receive, declared, share, self._patience_s)

        began = perf_counter()
        with self._in_flight.share() as share:
            try:
                outcome, answer = await self._prove(await body(share), headers)
            except TooLarge:
                outcome, answer = "too-large", _TOO_LARGE
            except NoRoom:
                outcome, answer = "no-room", _NO_ROOM
            except (TimeoutError, HungUp):
                outcome, answer = "incomplete", _INCOMPLETE
        _note(outcome, began)
        return answer

    async def receive_whole(self, headers: Headers, body: bytes) -> Plain:
        """Take one webhook in that is here already, as `receive` does."""
        began = perf_counter()
        with self._in_flight.share() as share:
            try:
                share.add(len(body))
            except NoRoom:
                outcome, answer = "no-room", _NO_ROOM
            else:
                outcome, answer = await self._prove(body, _first_of_each(headers))
        _note(outcome, began)
        return answer

    async def _prove(self, body: bytes, headers: Mapping[bytes, bytes]) -> tuple[str, Plain]:
        if not self._signatures.prove(body, headers.get(signature.HEADER)):
            _log.warning("webhook without a valid signature refused")
            return "forged", _FORGED
        with span(WEBHOOK) as opened:
            outcome, answer = await self._keep(body)
            opened.set_attribute("http.response.status_code", answer.status_code)
            return outcome, answer

    async def _keep(self, body: bytes) -> tuple[str, Plain]:
        try:
            reading = await self._take(body, self._now())
        except LogUnavailable as problem:
            _log.warning("webhook not kept, to be repeated", reason=str(problem))
            return "unavailable", _UNAVAILABLE
        _count(reading)
        return "kept", _KEPT


class _WebhookApi:
    """Bare ASGI: routing and layers would cost more than reading a webhook does."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.whole = door.receive_whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["method"]:
            case "POST":
                response: Response = await self._door.receive(scope, receive)
            case "GET":
                response = self._door.verify(Request(scope))
            case _:
                response = _NO_SUCH
        await response(scope, receive, send)


def webhook_api(door: Door) -> ASGIApp:
    """Return the application with the two requests that WhatsApp makes."""
    return _WebhookApi(door)


def _first_of_each(headers: Headers) -> Mapping[bytes, bytes]:
    return dict(reversed(headers))


def _length(declared: bytes) -> int:
    """Return how many bytes the sender declared, 0 if none that can be."""
    # Python refuses to read thousands of digits, which may all be noughts.
    return int(declared) if declared.isdigit() and len(declared) <= _MOST_DIGITS else 0


def _note(outcome: str, began: float) -> None:
    metrics.SECONDS.observe(perf_counter() - began)
    metrics.webhooks(outcome).inc()


def _count(reading: Reading) -> None:
    for entries in (reading.commands, reading.account_updates):
        for entry in entries:
            metrics.entries(entry.type).inc()
    for problem in reading.parked:
        metrics.parked(problem.reason).inc()
