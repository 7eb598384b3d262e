"""The WhatsApp Cloud API behind MessageSender."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from yarl import URL

from domain.commands import Acceptance
from domain.events import OutgoingReply
from domain.messages import OutboundReadReceipt
from domain.ports.sending import OutcomeUnknown, PlatformUnavailable
from domain.values import ReplyId
from sender.adapters import graph_answer, graph_body
from streaming.calling import Call
from streaming.posting import NOTHING_WRITTEN, Poster
from streaming.traced import SpanKind, Traced

SEND_MESSAGE = Traced(
    "POST /{version}/{phone_number_id}/messages",
    SpanKind.CLIENT,
    "One call of the Graph API that is to bring a reply to its person",
    attributes=(
        "http.request.method",
        "url.template",
        "server.address",
        "server.port",
        "http.response.status_code",
    ),
    below="the attempt at the reply",
    always={
        "http.request.method": "POST",
        "url.template": "/{version}/{phone_number_id}/messages",
    },
)

_LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class GraphAccess:
    """Where the Graph API is and how long to wait for it, in seconds."""

    url: str
    version: str
    token: SecretStr
    connect_timeout: float = 3.0
    total_timeout: float = 15.0

    def server(self) -> Mapping[str, str | int]:
        """Give the attributes of a span that say where it is."""
        parts = urlsplit(self.url)
        told: dict[str, str | int] = {"server.address": parts.hostname or ""}
        return told | ({"server.port": parts.port} if parts.port else {})


class WhatsAppCloudSender:
    """Calls `POST /{version}/{phone_number_id}/messages`, each call once."""

    def __init__(self, access: GraphAccess) -> None:
        self._access = access
        self._base = f"{access.url.rstrip('/')}/{access.version}"
        self._poster: Poster | None = None

    async def start(self) -> None:
        """Open the connection pool; nobody is called yet."""
        self._poster = Poster(
            aiohttp.TCPConnector(limit=0, keepalive_timeout=4),
            headers={
                "Authorization": f"Bearer {self._access.token.get_secret_value()}",
                "Content-Type": "application/json",
                "User-Agent": "whatsapp-agent-sender",
            },
            connect=self._access.connect_timeout,
        )

    async def stop(self) -> None:
        """Close the connections."""
        if self._poster is not None:
            await self._poster.close()

    async def send(
        self, reply: OutgoingReply, *, phone_number_id: str, reply_id: ReplyId
    ) -> Acceptance:
        """Send one message; see the port for how it may fail."""
        body = graph_body.encode(reply, reply_id)
        answer = await self._post(_messages(self._base, phone_number_id), body)
        if isinstance(reply.message, OutboundReadReceipt):
            return graph_answer.understand_read(answer, reply.message.wamid)
        return graph_answer.understand(answer)

    async def _post(self, url: URL, body: bytes) -> bytes:
        if self._poster is None:
            raise PlatformUnavailable("not-started")
        try:
            with Call("graph", SEND_MESSAGE, attributes=self._access.server) as call:
                async with (
                    asyncio.timeout(self._access.total_timeout),
                    self._poster.post(url, body) as answer,
                ):
                    call.answered(answer.status)
                    return await _read(answer.content)
        except NOTHING_WRITTEN:
            raise PlatformUnavailable("not-connected") from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise OutcomeUnknown("no-answer") from None


@lru_cache(256)
def _messages(base: str, phone_number_id: str) -> URL:
    return URL(f"{base}/{phone_number_id}/messages")


async def _read(content: aiohttp.StreamReader) -> bytes:
    """Read the answer, but not without end."""
    if content.is_eof() and content.total_bytes <= _LARGEST_ANSWER:
        return content.read_nowait()  # it came with the status
    answer = bytearray()
    async for chunk in content.iter_any():
        answer += chunk
        if len(answer) > _LARGEST_ANSWER:
            break
    return bytes(answer)
