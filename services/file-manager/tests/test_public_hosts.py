"""Where a name may lead: the token goes to the internet, never into our own network."""

import asyncio
import ssl
from collections.abc import Sequence

import httpx
import pytest

from file_manager.adapters.public_hosts import NotPublic, PublicHosts, PublicTransport
from streaming.internet import is_public

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 nobody binds to it here
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b:1::7f00:1",
    "192.0.0.8",
]
OUTSIDE = ["157.240.1.1", "2a03:2880:f10c::1", "64:ff9b::9df0:101", "::ffff:157.240.1.1"]


def network(*addresses: str, own: str = "graph.example") -> PublicHosts:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return PublicHosts({own}, resolve)


@pytest.mark.parametrize("address", INSIDE)
async def test_a_host_whose_name_leads_inside_is_not_connected_to(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(NotPublic):
        await network(address).connect_tcp("lookaside.fbsbx.com", 443)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_host_on_the_internet_may_be_connected_to(address: str) -> None:
    assert is_public(address)


async def test_the_client_says_so_in_its_own_words() -> None:
    transport = PublicTransport(ssl.create_default_context(), network("169.254.169.254"))

    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(NotPublic):
            await client.get("http://lookaside.fbsbx.com/")


async def test_the_host_that_an_operator_chose_may_lie_anywhere() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        own = network(own="127.0.0.1")
        transport = PublicTransport(ssl.create_default_context(), own)
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/")

    assert answer.text == "hi"
