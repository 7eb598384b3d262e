"""Who the services call: the platform that has the files, and CRMs that remember."""

import asyncio
import hashlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks import Webhook

from devstack.clamd import EICAR
from faulty.vendors import Hear

TOKEN = "graph-token"
_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
_SIZES = (2_000, 20_000, 60_000)
LARGE = 6 * 1024 * 1024


def photo(media_id: str) -> bytes:
    """Give the content of a photo, the same for the same id."""
    chance = random.Random(media_id)  # noqa: S311 no secret
    size = LARGE if media_id.endswith("-large") else chance.choice(_SIZES)
    return _JPEG + (EICAR if media_id.startswith("bad") else b"") + chance.randbytes(size)


def sha256(media_id: str) -> str:
    return hashlib.sha256(photo(media_id)).hexdigest()


@asynccontextmanager
async def platform() -> AsyncIterator[int]:
    """Have every medium but those called `gone`; give the port."""

    async def look_up(request: web.Request) -> web.Response:
        media = request.match_info["media"]
        if media.startswith("gone"):
            return web.json_response({"error": {"code": 100}}, status=400)
        told = {
            "url": f"http://{request.host}/media/{media}",
            "mime_type": "image/jpeg",
            "sha256": sha256(media),
            "file_size": len(photo(media)),
        }
        return web.json_response(told)

    async def download(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        return web.Response(body=photo(request.match_info["media"]))

    app = web.Application()
    app.add_routes([web.get("/v24.0/{media}", look_up), web.get("/media/{media}", download)])
    async with _serving(app) as port:
        yield port


@dataclass
class Crm:
    """A CRM that remembers what it accepted, and how often it was told of it."""

    secret: str
    refuses: frozenset[str] = frozenset()
    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By contact the ids of events, in the order in which they were told first."""
    bodies: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    calls: int = 0
    _throttled: int = 0

    async def hear(self, request: web.Request) -> web.Response:
        """Answer a call: refuse what it cannot use, and now and then everybody for a second."""
        body = await request.read()
        said = Webhook(self.secret).verify(body, dict(request.headers))
        event = request.headers["webhook-id"]
        self.calls += 1
        if event in self.refuses:
            return web.Response(status=422)
        if self.calls % 97 == 0:
            return web.Response(status=429, headers={"Retry-After": "1"})
        if self.calls % 61 == 0:
            return web.Response(status=500)
        self.bodies[event].add(body)
        told = self.accepted[said["data"]["contact_id"]]
        if event not in told:
            told.append(event)
        if self.calls % 53 == 0:
            await asyncio.sleep(0.5)
        return web.Response(status=204)

    def wrong(self) -> list[str]:
        """Give the events of which it was not always told the same."""
        return [event for event, bodies in self.bodies.items() if len(bodies) > 1]


@asynccontextmanager
async def answering(hear: Hear) -> AsyncIterator[int]:
    """Let a CRM answer; give the port."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await hear(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with _serving(app) as port:
        yield port


@asynccontextmanager
async def _serving(app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
