"""Connects to hosts on the internet only: what a name leads to is looked at, then connected to.

So a name on the allow-list that leads into our own network (DNS rebinding, a poisoned answer)
brings nobody there. The address that was looked at is the one that is connected to.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias

import httpcore
import httpx

from streaming.internet import is_public

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


class NotPublic(Exception):
    """The host's name leads to no address on the internet."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the host's addresses. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


class PublicHosts(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and wherever they lie to `own` hosts, which we chose."""

    def __init__(self, own: Iterable[str], resolve: Resolve = resolve) -> None:
        self._own = frozenset(own)
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 the library asks for it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers. Raises NotPublic."""
        if host in self._own:
            return await self._network.connect_tcp(
                host, port, timeout, local_address, socket_options
            )
        failure: Exception = NotPublic("the host has no address on the internet")
        for address in await self._public(host, port):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Refuse."""
        raise NotPublic("a socket of this machine is not on the internet")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)

    async def _public(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return [one for one in found if is_public(one)]


class PublicTransport(httpx.AsyncHTTPTransport):
    """httpx' own transport, over connections to public hosts."""

    def __init__(self, context: ssl.SSLContext, network: PublicHosts) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=network,
        )
