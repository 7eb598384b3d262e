"""The other side of a webhook, on loopback: it verifies, remembers and fails as it is told to."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, TypeAlias
from uuid import UUID

from aiohttp import web
from standardwebhooks import Webhook

from domain.values import EventId

Handle: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(handle: Handle, *, tls: SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on a free port of loopback, and give the address."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await handle(request)

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}/hooks"
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Post:
    """One call as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Plan:
    """What one call is answered; `does` says whether it is remembered all the same."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    does: bool = False
    cut: bool = False


class Receiver:
    """Keeps each event once by its `webhook-id`, and forgets whom it is told to forget."""

    def __init__(self, secret: str) -> None:
        self.posts: list[Post] = []
        self.plans: list[Plan] = []
        self.known: dict[EventId, Any] = {}
        self._webhook = Webhook(secret)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.posts.append(Post(request.method, request.path_qs, request.headers.copy(), body))
        self._webhook.verify(body, dict(request.headers))
        plan = self.plans.pop(0) if self.plans else Plan(204, does=True)
        if plan.does:
            self._remember(request.headers["webhook-id"], json.loads(body))
        if plan.cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=plan.status, headers=plan.headers)

    def _remember(self, webhook_id: str, content: Any) -> None:
        contact = content["data"]["contact_id"]
        if content["type"] == "contact.erased":
            kept = self.known.items()
            self.known = {one: told for one, told in kept if told["data"]["contact_id"] != contact}
        self.known.setdefault(EventId(UUID(webhook_id)), content)
