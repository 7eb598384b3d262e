"""Small servers on loopback that answer as a test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from streaming.http import HttpServer

Answer: TypeAlias = Callable[[Request], Awaitable[Response]]
Serve: TypeAlias = Callable[[Answer], Awaitable[str]]


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on loopback; gives its address."""
    server = HttpServer("127.0.0.1", 0, app)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()
