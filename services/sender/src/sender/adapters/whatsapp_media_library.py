"""Uploads to WhatsApp behind MediaLibrary (Meta: POST /{phone_number_id}/media)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import aiohttp

from domain.ports.media_library import FileKind
from domain.ports.sending import PlatformUnavailable
from sender.adapters.graph_answer import understand_upload
from sender.adapters.media_folder import FileOfOurs, MediaFolder
from sender.adapters.whatsapp_cloud import SEND_MESSAGE, GraphAccess
from streaming.calling import Call
from streaming.traced import SpanKind, Traced

UPLOAD_MEDIA = Traced(
    "POST /{version}/{phone_number_id}/media",
    SpanKind.CLIENT,
    "One upload of a file of ours to the Graph API",
    attributes=SEND_MESSAGE.attributes,
    below="the attempt at the reply that names the file",
    always={"http.request.method": "POST", "url.template": "/{version}/{phone_number_id}/media"},
)
LIFETIME = 29 * 24 * 3600.0
"""Seconds; Meta keeps an upload for thirty days."""
UPLOAD_TIMEOUT = 300.0
"""Seconds for the largest file over a slow line."""
_LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class _Upload:
    media_id: str
    version: tuple[int, int]
    good_until: float


class WhatsAppMediaLibrary:
    """Remembers its uploads for as long as it runs: whoever starts anew uploads anew."""

    def __init__(
        self, access: GraphAccess, folder: MediaFolder, *, monotonic: Callable[[], float]
    ) -> None:
        self._access = access
        self._folder = folder
        self._monotonic = monotonic
        self._known: dict[tuple[str, str], _Upload] = {}
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connection pool; nobody is called yet."""
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=UPLOAD_TIMEOUT, connect=self._access.connect_timeout
            ),
            headers={
                "Authorization": f"Bearer {self._access.token.get_secret_value()}",
                "User-Agent": "whatsapp-agent-sender",
            },
        )

    async def stop(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def media_id(self, file: str, kind: FileKind, *, phone_number_id: str) -> str:
        """Upload the file unless that was done; see the port for how it may fail."""
        found = self._folder.find(file, kind)
        key = (phone_number_id, file)
        async with self._turns[key]:
            known = self._known.get(key)
            now = self._monotonic()
            if known is None or known.version != found.version or known.good_until <= now:
                media_id = await self._upload(found, phone_number_id)
                known = _Upload(media_id, found.version, now + LIFETIME)
                self._known[key] = known
            return known.media_id

    async def _upload(self, file: FileOfOurs, phone_number_id: str) -> str:
        access = self._access
        url = f"{access.url.rstrip('/')}/{access.version}/{phone_number_id}/media"
        try:
            with file.path.open("rb") as content:
                form = _form(file, content)
                with Call("graph", UPLOAD_MEDIA, attributes=access.server) as call:
                    answer = await self._post(url, form, call)
        except (aiohttp.ClientError, TimeoutError, OSError):
            # An upload that nobody knows of harms nobody.
            raise PlatformUnavailable("media-not-uploaded") from None
        return understand_upload(answer)

    async def _post(self, url: str, form: aiohttp.FormData, call: Call) -> bytes:
        if self._session is None:
            raise PlatformUnavailable("not-started")
        async with self._session.post(url, data=form, allow_redirects=False) as response:
            call.answered(response.status)
            return await response.content.read(_LARGEST_ANSWER)


def _form(file: FileOfOurs, content: BinaryIO) -> aiohttp.FormData:
    mime_type = file.type.mime_type
    form = aiohttp.FormData()
    form.add_field("messaging_product", "whatsapp")
    form.add_field("type", mime_type)
    form.add_field("file", content, filename=file.path.name, content_type=mime_type)
    return form
