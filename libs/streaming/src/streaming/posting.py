"""Posts small bodies over kept connections, by aiohttp's own and the shortest way through it.

A session of aiohttp's makes a request, a response, a writer and their tasks anew for each call,
twice the work of the call itself (ADR 44). What is hard about HTTP stays aiohttp's: names, TLS,
the pool, the parser.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType, TracebackType
from typing import NamedTuple

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

_OF_THE_BODY = frozenset({"content-length", "transfer-encoding", "accept-encoding"})
_INFORMATIONAL = range(100, 200)
_SWITCHING = 101
_MOST_TARGETS = 256


class SpokeFirst(aiohttp.ClientConnectionError):
    """The other side said something unasked, which would have passed for its answer."""


NOTHING_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, SpokeFirst)
"""Refused, no such name, no TLS, no connection in time, or one that cannot be used."""


class Answer(NamedTuple):
    """What was answered; `content` is still to be read, or costs the connection."""

    status: int
    headers: Mapping[str, str]
    """By names in any case."""
    content: aiohttp.StreamReader


class _Target(NamedTuple):
    request: aiohttp.ClientRequest
    """By which aiohttp tells its connections apart, and makes new ones."""
    head: bytes


class Poster:
    """Posts by connections of a pool, which it closes in the end.

    No redirect is followed, no proxy asked, no cookie kept, nothing tried twice, and no time
    bounded but that of connecting: `connect` seconds.
    """

    def __init__(
        self,
        connector: aiohttp.BaseConnector,
        *,
        headers: Mapping[str, str],
        connect: float | None = None,
    ) -> None:
        self._connector = connector
        self._headers = headers
        self._connecting = aiohttp.ClientTimeout(total=None, connect=connect)
        self._target = lru_cache(_MOST_TARGETS)(self._aimed)

    def post(
        self, url: URL, body: bytes, headers: Mapping[str, str] = MappingProxyType({})
    ) -> "Post":
        """Prepare a post, which `async with` makes; see `Post` for how it may fail.

        Raises aiohttp.InvalidURL, and ValueError for headers of several lines.
        """
        target = self._target(url)
        return Post(self, target.request, b"%b%b" % (_head(target, body, headers), body))

    async def connection(self, request: aiohttp.ClientRequest) -> Connection:
        """Give a connection on which nothing has been said. Raises as `Post`."""
        try:
            connection = await self._connector.connect(request, [], self._connecting)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        if _handler(connection).should_close:
            connection.close()
            raise SpokeFirst
        return connection

    async def close(self) -> None:
        """Close the connections."""
        await self._connector.close()

    def _aimed(self, url: URL) -> _Target:
        request = aiohttp.ClientRequest("POST", url, headers=self._headers)
        lines = [f"POST {request.url.raw_path_qs} HTTP/1.1"]
        lines += [
            _line(name, value)
            for name, value in request.headers.items()
            if name.lower() not in _OF_THE_BODY
        ]
        return _Target(request, "\r\n".join(lines).encode())


class Post:
    """`async with poster.post(url, body) as answer:` posts once.

    Raises one of NOTHING_WRITTEN, or another aiohttp.ClientError: then it may have been read.
    A connection whose answer is not read to its end is closed.
    """

    __slots__ = ("_connection", "_poster", "_request", "_written")

    def __init__(self, poster: Poster, request: aiohttp.ClientRequest, written: bytes) -> None:
        self._poster = poster
        self._request = request
        self._written = written
        self._connection: Connection

    async def __aenter__(self) -> Answer:
        self._connection = await self._poster.connection(self._request)
        try:
            return await _exchange(_handler(self._connection), self._written)
        except BaseException:
            self._connection.close()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if kind is None:
            self._connection.release()
        else:
            self._connection.close()


async def _exchange(handler: ResponseHandler, written: bytes) -> Answer:
    handler.set_response_params(read_until_eof=True)
    if handler.transport is None:
        raise aiohttp.ServerDisconnectedError
    handler.transport.write(written)
    try:
        message, content = await handler.read()
        while message.code in _INFORMATIONAL and message.code != _SWITCHING:
            message, content = await handler.read()
    except HttpProcessingError as error:
        raise aiohttp.ClientPayloadError("not HTTP") from error
    return Answer(message.code, message.headers, content)


def _handler(connection: Connection) -> ResponseHandler:
    if connection.protocol is None:
        raise aiohttp.ServerDisconnectedError
    return connection.protocol


def _head(target: _Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = "".join([f"\r\n{_line(name, value)}" for name, value in headers.items()])
    return b"%b%b\r\nContent-Length: %d\r\n\r\n" % (target.head, lines.encode(), len(body))


def _line(name: str, value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError(f"{name} has several lines")
    return f"{name}: {value}"
