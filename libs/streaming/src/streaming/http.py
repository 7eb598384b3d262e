"""An HTTP server inside the running event loop, for one application on one port."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from streaming.connections import Connection

_BACKLOG = 2048
_GRACE_SECONDS = 3


class HttpServer:
    """Serves an application and leaves the process's signals alone.

    `connection` bounds what strangers can hold.
    """

    def __init__(
        self, host: str, port: int, app: ASGIApp, *, connection: type[Connection] = Connection
    ) -> None:
        self._address = host, port
        self._server = _Server(_config(app, connection))
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also when it was asked for port 0."""
        return self._address[1]

    async def start(self) -> None:
        """Return when requests are answered. Raises OSError if the address cannot be had."""
        listening = _listen(*self._address)
        self._address = self._address[0], listening.getsockname()[1]
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

    async def died(self) -> str:
        """Return the reason if the server ends without having been asked to."""
        if self._serving is not None:
            await asyncio.wait([self._serving])
        return "the HTTP server ended"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the service, which stops its parts in order."""
        yield


def _config(app: ASGIApp, connection: type[Connection]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    listening.setblocking(False)
    return listening
