"""The service's own HTTP port: /livez, /readyz, /metrics and what routes a service adds."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from streaming.connections import HEAD_BYTES, Connection
from streaming.watchdog import LoopWatchdog

_BACKLOG = 2048
_GRACE_SECONDS = 3


class HealthServer:
    """Serves inside the running event loop and leaves the process's signals alone.

    `ready` gives None when the service can work, else a reason without personal data.
    `status` gives what a person should know although it is ready, or None.
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
        registry: CollectorRegistry = REGISTRY,
        connection: type[Connection] = Connection,
    ) -> None:
        self._address = host, port
        self._ready = ready
        self._status = status
        self._registry = registry
        self._watchdog = LoopWatchdog()
        self._server = _Server(_config(self._app(routes), connection))
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0."""
        return self._address[1]

    async def start(self) -> None:
        """Return when requests are answered. Raises OSError if the address cannot be had."""
        listening = _listen(*self._address)
        self._address = self._address[0], listening.getsockname()[1]
        self._watchdog.start()
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            await asyncio.sleep(0.005)
            if self._serving.done():
                self._serving.result()

    async def stop(self) -> None:
        """Answer what is under way (up to 3 seconds), then close."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        await self._watchdog.stop()

    async def died(self) -> str:
        """Return the reason if the server ends without having been asked to."""
        if self._serving is not None:
            await asyncio.wait([self._serving])
        return "the HTTP server ended"

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
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    def _reason(self) -> str | None:
        try:
            return self._ready()
        except Exception as error:  # noqa: BLE001 a broken check is an answer, not a crash of the probe
            return f"the readiness check failed: {type(error).__name__}"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the service, which stops its parts in order."""
        yield


def _config(app: Starlette, connection: type[Connection]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connection,
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening
