"""Which addresses are on the internet: what we call for others must not lead into our network."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

_UNICAST = IPv6Network("2000::/3")
"""All that is the internet of IPv6 (RFC 4291): the rest of it is local, old or translated."""
_DOCUMENTED = IPv6Network("3fff::/20")
"""For examples (RFC 9637), and public to older versions of Python."""
_NAT64 = IPv6Network("64:ff9b::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")
"""Reserved (RFC 6890), and public to older versions of Python."""
_Address: TypeAlias = IPv4Address | IPv6Address


def is_public(text: str) -> bool:
    """Say whether an address is on the internet, whatever it is wrapped in.

    Raises ValueError for what is no address.
    """
    address = _unwrapped(ip_address(text.partition("%")[0]))
    if isinstance(address, IPv6Address):
        return address.is_global and address in _UNICAST and address not in _DOCUMENTED
    return address.is_global and not address.is_multicast and address not in _PROTOCOLS


def _unwrapped(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address leads to, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, address))[1]
