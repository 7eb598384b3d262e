"""file-manager and its storage on loopback: the one asks for a token, the other for its link."""

import hashlib
from collections import deque
from collections.abc import Mapping
from secrets import token_hex

from aiohttp import web

from domain.events import FileStored

TOKEN = "a token of sixteen letters"
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 700


def holding(event: FileStored, content: bytes = PHOTO) -> FileStored:
    """Return the event of a file with this content."""
    told = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return event.model_copy(update=told)


class FakeFiles:
    """Keeps files by key. `statuses` answer the next calls of file-manager, `links` lead elsewhere.

    `asked` has the paths that were asked for; `violations` what nobody may do.
    """

    def __init__(self, kept: Mapping[str, bytes]) -> None:
        self.kept = dict(kept)
        self.statuses: deque[int] = deque()
        self.links: deque[str] = deque()
        self.asked: list[str] = []
        self.violations: list[str] = []
        self._signature = token_hex(8)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, of file-manager or of the storage."""
        self.asked.append(request.path)
        if request.path.startswith("/files/"):
            return self._lead(request)
        if "Authorization" in request.headers:
            self.violations.append("the storage was shown a token")
        if request.query.get("signature") != self._signature:
            return web.Response(status=403)
        content = self.kept.get(request.path.removeprefix("/bucket/"))
        return web.Response(status=404) if content is None else web.Response(body=content)

    def _lead(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if self.statuses:
            return web.Response(status=self.statuses.popleft())
        key = request.path.removeprefix("/files/")
        if key not in self.kept:
            return web.Response(status=404)
        link = f"{request.url.origin()}/bucket/{key}?signature={self._signature}"
        location = self.links.popleft() if self.links else link
        return web.Response(status=302, headers={"Location": location})
