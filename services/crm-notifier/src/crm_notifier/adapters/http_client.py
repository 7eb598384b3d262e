"""Calls a CRM by HTTP, and never anything within our own network."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Self, TypeAlias

import aiohttp
from yarl import URL

from crm_notifier.adapters.http_addresses import (
    OURSELVES,
    PrivateAddress,
    PublicResolver,
    is_private_literal,
)
from domain.ports.crm import CrmPaused, CrmUnavailable
from streaming.calling import Call
from streaming.connecting import because
from streaming.posting import Poster
from streaming.traced import SpanKind, Traced

CALL = Traced(
    "call the CRM",
    SpanKind.CLIENT,
    "One call by an adapter that has no spans of its own",
    attributes=("service.peer.name", "http.response.status_code"),
    below="the attempt at the event",
    always={"service.peer.name": "crm"},
)
TIMEOUT = 15.0
"""Seconds for a whole call."""
LARGEST_ANSWER = 4 * 1024 * 1024
"""Bytes; a batch of a hundred records comes back with all their fields."""
MOST_READ = 64 * 1024
"""Bytes of an answer nobody needs that are read, so that the connection can be used again."""
LONGEST_READ = 0.25
"""Seconds given to reading them."""
PIECE = 64 * 1024
"""Bytes of a long answer that are held at a time."""
_KEPT_OPEN = 4.0
_HEADERS = {"User-Agent": "whatsapp-agent/crm-notifier"}
_FAILURES = (aiohttp.ClientError, OSError, UnicodeError)  # TimeoutError is an OSError

Body: TypeAlias = bytes | AsyncIterable[bytes] | None
"""What is sent; what comes in pieces needs a `content-length` among the headers."""


class Answer(NamedTuple):
    """What the CRM answered; `headers` takes names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Content(NamedTuple):
    """An answer whose body is still to come, in pieces."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class _Request(NamedTuple):
    method: str
    url: str | URL
    body: Body
    headers: Mapping[str, str] | None


class _Pool(NamedTuple):
    """Both ways to call by the same connections; closing the session closes them."""

    session: aiohttp.ClientSession
    poster: Poster


class HttpClient:
    """A pool of connections, opened by the service, as aiohttp wants a running loop.

    No redirect is followed, no proxy of the environment asked, no cookie kept. Only with
    `private_network` may a name lead to an address that is not public, or if it is one of `inside`.
    """

    def __init__(
        self, *, private_network: bool = False, inside: Collection[str] = frozenset()
    ) -> None:
        self._private_network = private_network
        self._inside = OURSELVES | frozenset(inside)
        self._pool: _Pool | None = None

    async def start(self) -> None:
        """Open the pool; nobody is called yet."""
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=_KEPT_OPEN,
            resolver=None if self._private_network else PublicResolver(inside=self._inside),
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            headers=_HEADERS,
        )
        self._pool = _Pool(session, Poster(connector, headers=_HEADERS))

    async def stop(self) -> None:
        """Close the connections; harmless when they were never opened."""
        if self._pool is not None:
            await self._pool.session.close()

    def is_inside(self, url: URL) -> bool:
        """Say whether an operator put it within our own network, where http may be plain."""
        return self._private_network or (url.host or "") in self._inside

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def call(
        self,
        traced: Traced,
        method: str,
        url: str | URL,
        *,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        within: float = TIMEOUT,
    ) -> Answer:
        """Call once, and read the answer to its end, whatever its status.

        Raises CrmUnavailable when there is none: what was asked for may have been done all the
        same. Raises CrmPaused when the address is one that must not be called.
        """
        request = _Request(method, url, body, headers)
        async with self._answer(traced, request, within) as response:
            return Answer(response.status, response.headers, await _read(response))

    async def post(
        self,
        traced: Traced,
        url: str | URL,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        within: float = TIMEOUT,
    ) -> Answer:
        """Post once for the status, which says all: the body of the answer is thrown away.

        Fails as `call` does.
        """
        poster, url = self._opened().poster, self._checked(url)
        try:
            with Call(traced.always.get("service.peer.name", "crm"), traced) as call:
                async with (
                    asyncio.timeout(within),
                    poster.post(url, body, headers or {}) as answer,
                ):
                    call.answered(answer.status)
                    await _drain(answer.content)
        except _FAILURES as error:
            raise _failure(error) from None
        return Answer(answer.status, answer.headers, b"")

    @asynccontextmanager
    async def open(
        self, traced: Traced, url: str | URL, *, within: float = TIMEOUT
    ) -> AsyncIterator[Content]:
        """Get what may be long; `within` is for all that happens until the context ends.

        Fails as `call` does, in the context, too.
        """
        async with self._answer(traced, _Request("GET", url, None, None), within) as response:
            pieces = response.content.iter_chunked(PIECE)
            yield Content(response.status, response.headers, aiter(pieces))

    @asynccontextmanager
    async def _answer(
        self, traced: Traced, request: _Request, within: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        session, url = self._opened().session, self._checked(request.url)
        try:
            with Call(traced.always.get("service.peer.name", "crm"), traced) as call:
                async with (
                    asyncio.timeout(within),
                    session.request(
                        request.method,
                        url,
                        data=request.body,
                        headers=request.headers,
                        allow_redirects=False,
                    ) as response,
                ):
                    call.answered(response.status)
                    yield response
        except _FAILURES as error:
            raise _failure(error) from None

    def _checked(self, url: str | URL) -> URL:
        """Give the address, unless it says itself that it is not to be called: CrmPaused."""
        read = URL(url)
        host = read.host or ""
        if not self._private_network and host not in self._inside and is_private_literal(host):
            raise CrmPaused("private-address")
        return read

    def _opened(self) -> _Pool:
        if self._pool is None:
            raise CrmUnavailable("not-started")
        return self._pool


def _failure(error: Exception) -> CrmUnavailable:
    if isinstance(error, TimeoutError):
        return CrmUnavailable("timeout")
    if isinstance(error.__cause__, PrivateAddress):
        return CrmPaused("private-address")
    if isinstance(error, aiohttp.InvalidURL | UnicodeError):  # a name that is none
        return CrmPaused("unusable-address")
    return CrmUnavailable(because(error))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    answer = bytearray()
    async for piece in response.content.iter_any():
        answer += piece
        if len(answer) > LARGEST_ANSWER:
            raise CrmUnavailable("answer-too-large")
    return bytes(answer)


async def _drain(content: aiohttp.StreamReader) -> None:
    """Read a short answer to its end; a long, slow or broken one costs us the connection only."""
    if content.at_eof():
        return
    if content.is_eof():
        return  # it came with the status
    read = 0
    with suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(LONGEST_READ):
            async for piece in content.iter_any():
                read += len(piece)
                if read >= MOST_READ:
                    return
