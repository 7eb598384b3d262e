"""The service's own HTTP port: /livez, /readyz, /metrics and what routes a service adds."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from streaming.connections import Connection
from streaming.http import HttpServer
from streaming.metrics import READY
from streaming.watchdog import LoopWatchdog
from streaming.whole import AnswersWhole


class HealthServer:
    """Serves inside the running event loop and leaves the process's signals alone.

    `ready` gives None when the service can work, else a reason without personal data.
    `status` gives what a person should know although it is ready, or None.
    `direct` are applications by their exact path that answer without Starlette's layers, which cost
    as much as a short request itself. One with a method `whole` (AnswersWhole) answers by that, and
    without ASGI, POSTs whose body comes with their head.
    `connection` bounds what strangers can hold.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ready: Callable[[], str | None],
        status: Callable[[], str | None] = lambda: None,
        routes: Sequence[BaseRoute] = (),
        direct: Mapping[str, ASGIApp] = MappingProxyType({}),
        registry: CollectorRegistry = REGISTRY,
        connection: type[Connection] = Connection,
    ) -> None:
        self._ready = ready
        self._status = status
        self._registry = registry
        self._watchdog = LoopWatchdog()
        app = _Front(direct, self._app(routes))
        self._http = HttpServer(host, port, app, connection=connection)

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0."""
        return self._http.port

    async def start(self) -> None:
        """Return when requests are answered. Raises OSError if the address cannot be had."""
        await self._http.start()
        self._watchdog.start()

    async def stop(self) -> None:
        """Answer what is under way (up to 3 seconds), then close."""
        await self._http.stop()
        await self._watchdog.stop()

    async def died(self) -> str:
        """Return the reason if the server ends without having been asked to."""
        return await self._http.died()

    def _app(self, routes: Sequence[BaseRoute]) -> Starlette:
        own = [
            Route("/livez", self._livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]
        return Starlette(routes=[*own, *routes])

    async def _livez(self, _: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _readyz(self, _: Request) -> Response:
        reason = self._reason()
        if reason is None:
            note = self._status()
            return JSONResponse({"status": "ready"} | ({"note": note} if note else {}))
        return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)

    async def _metrics(self, _: Request) -> Response:
        READY.set(self._reason() is None)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    def _reason(self) -> str | None:
        try:
            return self._ready()
        except Exception as error:  # noqa: BLE001 a broken check is an answer, not a crash of the probe
            return f"the readiness check failed: {type(error).__name__}"


class _Front:
    """Hands requests to who is there for their path."""

    def __init__(self, direct: Mapping[str, ASGIApp], others: ASGIApp) -> None:
        self._direct = direct
        self._others = others
        self.whole: Mapping[bytes, AnswersWhole] = {
            path.encode(): app.whole for path, app in direct.items() if hasattr(app, "whole")
        }
        """Who answers without ASGI what is here already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._direct.get(scope["path"], self._others)(scope, receive, send)
