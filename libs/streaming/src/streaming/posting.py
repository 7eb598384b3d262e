"""Posts small bodies over kept connections, by aiohttp's own and the shortest way through it.

A session of aiohttp's makes a request, a response, a writer and their tasks anew for each call,
twice the work of the call itself (ADR 44). What is hard about HTTP stays aiohttp's: names, TLS,
the pool, the parser.
"""

import re
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
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_INFORMATIONAL = range(100, 200)
_SWITCHING = 101
_MOST_INFORMATIONAL = 16
_SCHEMES = frozenset({"http", "https"})
_MOST_TARGETS = 256


class NotConnected(aiohttp.ClientConnectionError):
    """There is no connection that can be used."""


class SpokeFirst(NotConnected):
    """The other side said something unasked, which would have passed for its answer."""


NOTHING_WRITTEN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, NotConnected)
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
    names: frozenset[str]
    """Of headers that no post has itself."""


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

        Raises aiohttp.InvalidURL, and ValueError for headers that would be others, too.
        """
        target = self._target(url)
        return Post(self, target.request, b"%b%b" % (_head(target, body, headers), body))

    async def connection(self, request: aiohttp.ClientRequest) -> Connection:
        """Give a connection on which nothing has been said. Raises as `Post`."""
        try:
            connection = await self._connector.connect(request, [], self._connecting)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        except aiohttp.ClientConnectionError as error:
            if isinstance(error, NOTHING_WRITTEN):
                raise
            raise NotConnected from error
        if _handler(connection).should_close:
            connection.close()
            raise SpokeFirst
        return connection

    async def close(self) -> None:
        """Close the connections."""
        await self._connector.close()

    def _aimed(self, url: URL) -> _Target:
        if url.scheme not in _SCHEMES:
            raise aiohttp.InvalidURL(url)
        request = aiohttp.ClientRequest("POST", url, headers=self._headers)
        given = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _OF_THE_BODY
        }
        lines = [f"POST {request.url.raw_path_qs} HTTP/1.1"]
        lines += [_line(name, value) for name, value in given.items()]
        names = _OF_THE_BODY.union(name.lower() for name in given)
        return _Target(request, "\r\n".join(lines).encode(), names)


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
            _leave(self._connection, given_up=True)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        _leave(self._connection, given_up=kind is not None)


async def _exchange(handler: ResponseHandler, written: bytes) -> Answer:
    handler.set_response_params(read_until_eof=True)
    if handler.transport is None:
        raise aiohttp.ServerDisconnectedError
    handler.transport.write(written)
    try:
        for _ in range(_MOST_INFORMATIONAL):
            message, content = await handler.read()
            if message.code not in _INFORMATIONAL or message.code == _SWITCHING:
                return Answer(message.code, message.headers, content)
    except HttpProcessingError as error:
        raise aiohttp.ClientPayloadError("not HTTP") from error
    raise aiohttp.ClientPayloadError("announcements without an answer")


def _leave(connection: Connection, *, given_up: bool) -> None:
    """Put it back into the pool, unless something on it is unsent, unread or unknown."""
    transport = connection.transport
    if transport is not None and (given_up or transport.get_write_buffer_size()):
        transport.abort()  # closing would first send what nobody waits for any more
        connection.close()
    else:
        connection.release()


def _handler(connection: Connection) -> ResponseHandler:
    if connection.protocol is None:
        raise aiohttp.ServerDisconnectedError
    return connection.protocol


def _head(target: _Target, body: bytes, headers: Mapping[str, str]) -> bytes:
    if not target.names.isdisjoint(map(str.lower, headers)):
        raise ValueError("a header of the post is one of the address or of the body")
    lines = "".join([f"\r\n{_line(name, value)}" for name, value in headers.items()])
    return b"%b%b\r\nContent-Length: %d\r\n\r\n" % (target.head, lines.encode(), len(body))


def _line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if _CONTROL.search(line):
        raise ValueError("a header holds control characters")
    return line
