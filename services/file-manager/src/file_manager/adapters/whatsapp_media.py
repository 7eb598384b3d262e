"""Fetches media from the WhatsApp Cloud API: look up the link, then stream it."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx
import structlog
from pydantic import SecretStr

from domain.ports.files import Media, MediaGone, MediaUnavailable, MediaUntrusted
from file_manager.adapters.graph_answers import GONE, MediaLink, read_link, unavailable
from file_manager.adapters.public_hosts import NotPublic, PublicHosts, PublicTransport
from streaming.calling import Call
from streaming.traced import SpanKind, Traced

LOOK_UP = Traced(
    "GET /{version}/{media_id}",
    SpanKind.CLIENT,
    "Asks the Graph API where a file is",
    attributes=(
        "http.request.method",
        "url.template",
        "server.address",
        "http.response.status_code",
    ),
    below="the attempt at the file",
    always={"http.request.method": "GET", "url.template": "/{version}/{media_id}"},
)
DOWNLOAD = Traced(
    "GET",
    SpanKind.CLIENT,
    "Asks for the file, until it begins to come",
    attributes=("http.request.method", "server.address", "http.response.status_code"),
    below="the attempt at the file",
    always={"http.request.method": "GET"},
)

_COMING = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_NOTHING_MORE = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_LINKS = 2
_REDIRECTS = 3
_MOST_LOOK_UP_BYTES = 64 * 1024
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]+")
_RANGE = re.compile(r"bytes (\d+)-")
_UNREADABLE = (httpx.InvalidURL, UnicodeError)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphApi:
    """Where the Graph API is and what it asks for.

    The token is shown to the Graph API's own host and, over TLS, to `media_hosts`: to no other.
    `look_up_seconds` bounds one look-up, and a download until it begins, `transfer_seconds` the
    rest of it, so that a trickling one cannot last for ever.
    """

    url: str
    version: str
    token: SecretStr
    media_hosts: frozenset[str] = frozenset({"lookaside.fbsbx.com"})
    look_up_seconds: float = 15.0
    transfer_seconds: float = 600.0

    def media_url(self, media_id: str) -> httpx.URL:
        """Return the address of the look-up."""
        return httpx.URL(f"{self.url.rstrip('/')}/{self.version}/{media_id}")

    def server(self) -> Mapping[str, str]:
        """Give the attribute of a span that says where it is."""
        return {"server.address": _host(httpx.URL(self.url))}

    def trusts(self, url: httpx.URL) -> bool:
        """Say whether the token may be sent there."""
        if (url.scheme, url.port) == ("https", None) and _host(url) in self.media_hosts:
            return True
        own = httpx.URL(self.url)
        return (url.scheme, _host(url), url.port) == (own.scheme, _host(own), own.port)


def _host(url: httpx.URL) -> str:
    """Return the host as it was given: httpx' own `host` fails on a name that is no IDN."""
    return url.raw_host.decode("ascii", "replace")


def http_client(graph: GraphApi) -> httpx.AsyncClient:
    """Return a client that waits a bounded time and follows nothing by itself.

    Wherever the Graph API is said to be it connects; of other hosts to public addresses only.
    """
    network = PublicHosts({_host(httpx.URL(graph.url))})
    return httpx.AsyncClient(
        transport=PublicTransport(httpx.create_ssl_context(trust_env=False), network),
        timeout=httpx.Timeout(10.0, read=30.0),
        follow_redirects=False,
        trust_env=False,
    )


class WhatsAppMedia:
    """A MediaSource on the Graph API (Meta, business-phone-numbers/media)."""

    def __init__(self, http: httpx.AsyncClient, graph: GraphApi) -> None:
        self._http = http
        self._graph = graph

    @asynccontextmanager
    async def open(
        self, media_id: str, *, phone_number_id: str, link: str | None = None, start: int = 0
    ) -> AsyncIterator[Media]:
        """Open the file for one pass; a link that has expired is asked for once more.

        Where `start` is its end, nothing comes: the line was cut when all had come.
        """
        if not _MEDIA_ID.fullmatch(media_id):
            raise MediaGone("the platform gives no such media ids")
        async with AsyncExitStack() as stack:
            told, response = await self._found(stack, media_id, phone_number_id, link, start)
            if response.is_redirect:
                raise _untrusted("the link of the media leads from one address to the next")
            if start and response.status_code == _NOTHING_MORE:
                yield Media(_nothing(), size=told.file_size, sha256=told.sha256, start=start)
                return
            if response.status_code not in _COMING:
                raise unavailable("media download", response.status_code)
            content = await stack.enter_async_context(aclosing(self._pieces(response)))
            begin = _begin(response)
            if begin not in (0, start):
                raise MediaUnavailable("the media download begins elsewhere")
            yield Media(content, size=told.file_size, sha256=told.sha256, start=begin)

    async def _found(
        self,
        stack: AsyncExitStack,
        media_id: str,
        phone_number_id: str,
        link: str | None,
        start: int,
    ) -> tuple[MediaLink, httpx.Response]:
        """Follow the webhook's link if it leads there, else ask for one."""
        if link is not None:
            response = await self._by_webhook(stack, link, start)
            if response is not None:
                return MediaLink(url=link), response
        for _ in range(_LINKS):
            told = await self._look_up(media_id, phone_number_id)
            response = await self._get(stack, _address(told.url), start)
            if response.status_code not in GONE:
                return told, response
        raise MediaGone("the link of the media leads nowhere")

    async def _by_webhook(
        self, stack: AsyncExitStack, link: str, start: int
    ) -> httpx.Response | None:
        try:
            response = await self._get(stack, _address(link), start)
        except (MediaUnavailable, MediaUntrusted):
            return None
        return response if response.status_code in _COMING else None

    async def _look_up(self, media_id: str, phone_number_id: str) -> MediaLink:
        request = self._http.stream(
            "GET",
            self._graph.media_url(media_id),
            params={"phone_number_id": phone_number_id},
            headers=self._headers(),
        )
        try:
            with Call("graph", LOOK_UP, attributes=self._graph.server) as call:
                async with asyncio.timeout(self._graph.look_up_seconds), request as response:
                    call.answered(response.status_code)
                    body = await _short_body(response)
            return read_link(response.status_code, body)
        except TimeoutError:
            raise MediaUnavailable("the media look-up takes too long") from None
        except httpx.HTTPError as error:
            raise _unreachable("media look-up", error) from error

    async def _get(
        self, stack: AsyncExitStack, url: httpx.URL, start: int, redirects: int = _REDIRECTS
    ) -> httpx.Response:
        if not self._graph.trusts(url):
            raise _untrusted("media lies on a host that is not on the allow-list", url)
        try:
            with Call("graph", DOWNLOAD, attributes=lambda: {"server.address": _host(url)}) as call:
                begins = self._http.stream("GET", url, headers=self._headers(start))
                async with asyncio.timeout(self._graph.look_up_seconds):
                    response = await stack.enter_async_context(begins)
                call.answered(response.status_code, expected=_NOTHING_MORE if start else None)
        except TimeoutError:
            raise MediaUnavailable("the media download does not begin") from None
        except NotPublic:
            raise _untrusted("media lies on a host that is not on the internet", url) from None
        except _UNREADABLE:
            raise _untrusted("the media is said to have moved nowhere") from None
        except httpx.HTTPError as error:
            if isinstance(error.__context__, _UNREADABLE):
                raise _untrusted("the media is said to have moved nowhere") from None
            raise _unreachable("media download", error) from error
        if response.next_request is None or not redirects:
            return response
        return await self._get(stack, response.next_request.url, start, redirects - 1)

    async def _pieces(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        deadline = time.monotonic() + self._graph.transfer_seconds
        try:
            async for piece in response.aiter_raw():
                yield piece
                if time.monotonic() > deadline:
                    raise MediaUnavailable("the media download takes too long")
        except httpx.HTTPError as error:
            raise _unreachable("media download", error) from error

    def _headers(self, start: int = 0) -> dict[str, str]:
        return {
            **({"Range": f"bytes={start}-"} if start else {}),
            "Authorization": f"Bearer {self._graph.token.get_secret_value()}",
            "User-Agent": "whatsapp-agent-file-manager/1.0",  # some default agents are refused
            "Accept-Encoding": "identity",  # what is hashed is what was sent, and nothing inflates
        }


async def _short_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _MOST_LOOK_UP_BYTES:
            raise MediaUnavailable("the answer to a media look-up is too long")
    return bytes(body)


async def _nothing() -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece


def _begin(response: httpx.Response) -> int:
    """Return which byte of the file comes first."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    told = _RANGE.match(response.headers.get("content-range", ""))
    return int(told[1]) if told else -1


def _address(link: str) -> httpx.URL:
    try:
        return httpx.URL(link)
    except _UNREADABLE:
        raise _untrusted("the link of the media is unreadable") from None


def _untrusted(reason: str, url: httpx.URL | None = None) -> MediaUntrusted:
    """Return the failure to raise; a new host of the platform's own is for an operator to allow."""
    _log.error("media cannot be fetched", problem=reason, host=url and _host(url))
    return MediaUntrusted(reason)


def _unreachable(what: str, error: httpx.HTTPError) -> MediaUnavailable:
    return MediaUnavailable(f"{what} failed: {type(error).__name__}")
