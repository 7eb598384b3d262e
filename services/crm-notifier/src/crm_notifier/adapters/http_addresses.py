"""Which addresses a CRM may have: none within our own network, unless it was said to be there."""

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

OURSELVES = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine. Whoever writes one means it: no name of the outside leads there."""
_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")
"""Reserved (RFC 6890), and public to older versions of Python."""
_Address: TypeAlias = IPv4Address | IPv6Address


class PrivateAddress(OSError):
    """The name leads into our own network."""


def is_public(text: str) -> bool:
    """Return whether an address is one of the Internet, whatever it is wrapped in."""
    address = _unwrapped(ip_address(text.partition("%")[0]))
    return address.is_global and not address.is_multicast and address not in _PROTOCOLS


@lru_cache(maxsize=64)
def is_private_literal(host: str) -> bool:
    """Return whether a host is written as an address within our network, and not as ourselves."""
    try:
        return host not in OURSELVES and not is_public(host)
    except ValueError:
        return False


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address leads to, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, address))[1]


class PublicResolver(AbstractResolver):
    """Looks names up for connections, which then go to the very addresses that were judged here."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the public addresses of a name. Raises PrivateAddress where it has others only."""
        found = await self._resolver.resolve(host, port, family)
        if host in OURSELVES:
            return found
        public = [one for one in found if is_public(one["host"])]
        if found and not public:
            raise PrivateAddress("private-address")
        return public

    async def close(self) -> None:
        """Close what names are looked up with."""
        await self._resolver.close()
