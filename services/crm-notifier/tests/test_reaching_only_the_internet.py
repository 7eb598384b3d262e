"""No address and no name leads a CRM's calls into our own network."""

import socket
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from crm_notifier.adapters import http_addresses
from crm_notifier.adapters.http_addresses import (
    PrivateAddress,
    PublicResolver,
    is_private_literal,
)
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.signed_webhook import TELL
from domain.ports.crm import CrmPaused, CrmUnavailable
from receiving import listening
from streaming.internet import is_public

INSIDE = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.7", "172.16.0.1", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.7", "::ffff:a9fe:a9fe", "64:ff9b::a00:7"),
    *("2002:a00:7::", "2001:db8::1", "ff02::1", "fec0::1", "3fff::1", "5f00::1"),
    *("::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1"),
]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]


class Names(AbstractResolver):
    """A name server that gives another answer each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = iter(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in next(self._answers)
        ]

    async def close(self) -> None:
        return


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_our_own_network_are_none_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet_are_called(address: str) -> None:
    assert is_public(address)
    assert not is_private_literal(address)


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_not_called(address: str) -> None:
    with pytest.raises(PrivateAddress):
        await PublicResolver(Names([address])).resolve("crm.example.com", 443)


async def test_of_a_name_with_both_only_the_outer_addresses_are_called() -> None:
    found = await PublicResolver(Names(["10.0.0.7", "8.8.8.8"])).resolve("crm.example.com", 443)

    assert [one["host"] for one in found] == ["8.8.8.8"]


async def test_a_name_that_changes_its_mind_is_judged_again_at_every_look() -> None:
    resolver = PublicResolver(Names(["8.8.8.8"], ["127.0.0.1"]))

    assert await resolver.resolve("crm.example.com", 443)
    with pytest.raises(PrivateAddress):
        await resolver.resolve("crm.example.com", 443)


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient() as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.7", "169.254.169.254", "[::ffff:7f00:1]", "[fd00:ec2::254]", "127.8.9.1"),
        *("2130706433", "127.1", "0177.0.0.1", "017700000001", "0x7f000001", "0x7f.1"),
    ],
)
async def test_however_an_inner_address_is_written_it_is_not_called(
    http: HttpClient, host: str
) -> None:
    with pytest.raises(CrmPaused, match=r"^(private|unusable)-address$"):
        await http.post(TELL, f"http://{host}:9/", body=b"{}", within=5)


@pytest.mark.parametrize("host", ["crm..example.com", f"{'crm' * 30}.example.com"])
async def test_a_name_that_nobody_can_have_is_for_a_person_to_look_at(
    http: HttpClient, host: str
) -> None:
    with pytest.raises(CrmPaused, match=r"^unusable-address$"):
        await http.post(TELL, f"https://{host}/", body=b"{}", within=5)


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["10.0.0.7", "::1"], ["fd00:ec2::254"]])
async def test_a_crm_whose_name_was_turned_inside_gets_no_call(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_addresses, "ThreadedResolver", lambda: Names(answers))
    async with HttpClient() as client:
        with pytest.raises(CrmPaused, match=r"^private-address$"):
            await client.post(TELL, "https://crm.example.com/", body=b"{}", within=5)


async def test_within_private_networks_a_crm_is_called_where_that_is_allowed() -> None:
    async def yes(_: web.Request) -> web.Response:
        return web.Response(status=204)

    async with listening(yes) as url, HttpClient(private_network=True) as client:
        address = url.replace("127.0.0.1", "127.8.9.1")  # is this machine, too
        with pytest.raises(CrmUnavailable, match=r"^nobody listens there$"):
            await client.post(TELL, address, body=b"{}", within=5)


async def test_a_host_that_an_operator_puts_inside_is_called_and_no_other() -> None:
    async with HttpClient(inside={"127.8.9.1"}) as client:
        with pytest.raises(CrmUnavailable, match=r"^nobody listens there$"):
            await client.post(TELL, "http://127.8.9.1:9/", body=b"{}", within=5)
        with pytest.raises(CrmPaused, match=r"^private-address$"):
            await client.post(TELL, "http://127.8.9.2:9/", body=b"{}", within=5)


async def test_a_name_that_an_operator_puts_inside_may_lead_there() -> None:
    names = Names(["10.0.0.7"], ["10.0.0.7"])
    resolver = PublicResolver(names, inside={"files.example.com"})

    assert [one["host"] for one in await resolver.resolve("files.example.com", 80)] == ["10.0.0.7"]
    with pytest.raises(PrivateAddress):
        await resolver.resolve("crm.example.com", 443)


async def test_whoever_shows_a_certificate_of_nobody_is_told_nothing() -> None:
    asked: list[str] = []

    async def ask(request: web.Request) -> web.Response:
        asked.append(await request.text())
        return web.Response(status=204)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    async with listening(ask, tls=context) as url, HttpClient() as client:
        with pytest.raises(CrmUnavailable, match=r"^its certificate is signed by no CA"):
            await client.post(TELL, url, body=b"{}", within=5)

    assert asked == []
