"""Which addresses a CRM may have: none within our own network, unless it was said to be there."""

import socket
from collections.abc import Container
from functools import lru_cache

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from streaming.internet import is_public

OURSELVES = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine. Whoever writes one means it: no name of the outside leads there."""


class PrivateAddress(OSError):
    """The name leads into our own network."""


@lru_cache(maxsize=64)
def is_private_literal(host: str) -> bool:
    """Return whether a host is written as an address within our network, and not as ourselves."""
    try:
        return host not in OURSELVES and not is_public(host)
    except ValueError:
        return False


class PublicResolver(AbstractResolver):
    """Looks names up for connections, which then go to the very addresses that were judged here.

    Those of `inside` may lead into our own network: an operator said so.
    """

    def __init__(
        self, resolver: AbstractResolver | None = None, *, inside: Container[str] = OURSELVES
    ) -> None:
        self._resolver = resolver or ThreadedResolver()
        self._inside = inside

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the public addresses of a name. Raises PrivateAddress where it has others only."""
        found = await self._resolver.resolve(host, port, family)
        if host in self._inside:
            return found
        public = [one for one in found if is_public(one["host"])]
        if found and not public:
            raise PrivateAddress("private-address")
        return public

    async def close(self) -> None:
        """Close what names are looked up with."""
        await self._resolver.close()
