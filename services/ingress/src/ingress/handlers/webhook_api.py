"""`/webhook`: proves who speaks, hands the bytes on, and thanks only for what is kept."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias

import structlog
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import SpanKind
from starlette.requests import ClientDisconnect

from domain.ports.command_log import LogUnavailable
from ingress.handlers import metrics, signature
from ingress.handlers.body import PATIENCE_SECONDS, TooLarge, read_body
from ingress.handlers.in_flight import InFlight, NoRoom, Share
from ingress.use_cases.reading import Reading
from streaming.tracing import span

Take: TypeAlias = Callable[[bytes, datetime], Awaitable[Reading]]

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans carry the query with the verify token and believe a stranger's trace."""

_CLOSE = {"connection": "close"}
_PLAIN = {"x-content-type-options": "nosniff"}
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

    async def verify(
        self,
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge")] = "",
    ) -> Response:
        """Give the challenge back to who knows the token."""
        known = hmac.compare_digest(token.encode(), self.verify_token.encode())
        if not known or mode != "subscribe":
            return Response(status_code=403)
        return PlainTextResponse(challenge, headers=_PLAIN)

    async def receive(self, request: Request) -> Response:
        """Take one webhook in; any answer but 200 makes WhatsApp repeat it."""
        with metrics.SECONDS.time(), self.in_flight.share() as share:
            outcome, response = await self._answer(request, share)
        metrics.WEBHOOKS.labels(outcome).inc()
        return response

    async def _answer(self, request: Request, share: Share) -> tuple[str, Response]:
        try:
            body = await read_body(request, share, self.patience_s)
        except TooLarge:
            return "too-large", Response(status_code=413, headers=_CLOSE)
        except NoRoom:
            return "no-room", Response(status_code=503, headers=_CLOSE)
        except (TimeoutError, ClientDisconnect):
            return "incomplete", Response(status_code=408, headers=_CLOSE)
        given = request.headers.get(signature.HEADER)
        secrets = (one.encode() for one in (self.app_secret, *self.further_secrets))
        if not signature.matches(secrets, body, given):
            _log.warning("webhook without a valid signature refused")
            return "forged", Response(status_code=401)
        with span("POST /webhook", kind=SpanKind.SERVER):
            return await self._keep(body)

    async def _keep(self, body: bytes) -> tuple[str, Response]:
        try:
            reading = await self.take(body, self.now())
        except LogUnavailable as problem:
            _log.warning("webhook not kept, to be repeated", reason=str(problem))
            return "unavailable", Response(status_code=503)
        _count(reading)
        return "kept", Response(status_code=200)


def webhook_api(door: Door) -> FastAPI:
    """Return the application with the two requests that WhatsApp makes."""
    api = FastAPI(openapi_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY)
    api.add_api_route("/webhook", door.verify, methods=["GET"])
    api.add_route("/webhook", door.receive, methods=["POST"])  # nothing of it is FastAPI's to parse
    return api


def _count(reading: Reading) -> None:
    for entry in (*reading.commands, *reading.account_updates):
        metrics.ENTRIES.labels(entry.type).inc()
    for problem in reading.parked:
        metrics.PARKED.labels(problem.reason).inc()
