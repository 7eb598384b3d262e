"""What is asked of a token server, and what is believed of its answer."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from devstack.authority import Authority
from devstack.token_desk import Reply, TokenDesk, open_desk
from streaming import token_server
from streaming.tls import TlsFiles
from streaming.token_server import ClientCredentials
from streaming.tokens import NoToken

NOW = 1_800_000_000.0


@pytest.fixture
def desk() -> Iterator[TokenDesk]:
    with open_desk() as opened:
        yield opened


def asking(desk: TokenDesk, url: str = "", secret: str = "") -> ClientCredentials:
    return ClientCredentials(
        url=url or desk.token_url,
        client_id=desk.client_id,
        client_secret=SecretStr(secret or desk.client_secret),
        scope="kafka",
        tls=TlsFiles().context(),
        wall_clock=lambda: NOW,
    )


def a_jwt(**claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.c2ln"


async def why(credentials: ClientCredentials) -> str:
    with pytest.raises(NoToken) as raised:
        await credentials.ask()
    assert credentials.client_secret.get_secret_value() not in str(raised.value)
    return str(raised.value.args[0])


async def test_a_token_is_had_for_a_name_and_a_secret(desk: TokenDesk) -> None:
    desk.client_id, desk.client_secret = "agent: über", "&=% +/"
    token = await ClientCredentials(
        url=desk.token_url,
        client_id=desk.client_id,
        client_secret=SecretStr(desk.client_secret),
        scope=None,
        tls=TlsFiles().context(),
    ).ask()

    assert token.value.get_secret_value().count(".") == 2
    assert 3590 < token.seconds <= 3600


@pytest.mark.parametrize(
    ("token", "told", "seconds"),
    [
        ("opaque", 120, 120),
        ("opaque", "120", 120),
        ("opaque", None, 300),
        ("opaque", 10**12, 86_400),
        (a_jwt(exp=NOW + 60), 3600, 60),
        (a_jwt(exp=NOW + 3600), 60, 60),
        (a_jwt(exp=NOW + 60), None, 60),
        (a_jwt(), 120, 120),
        ("one.two.three", 120, 120),
    ],
)
async def test_of_two_words_on_how_long_a_token_is_good_the_shorter_one_counts(
    desk: TokenDesk, token: str, told: object, seconds: float
) -> None:
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": told}
    desk.instead = lambda: Reply(200, json.dumps(answer).encode())

    assert (await asking(desk).ask()).seconds == seconds


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b'{"error": "invalid_client"}', "it answers 401 invalid_client"),
        (401, b'{"error": "your secret xyz is wrong"}', "it answers 401"),
        (503, b"<html>", "it answers 503"),
        (302, b"", "it answers 302"),
        (200, b"<html>", "its answer holds no token"),
        (200, b"{}", "its answer holds no token"),
        (200, b'{"access_token": "a", "expires_in": NaN}', "its answer holds no token"),
        (200, b'{"access_token": "a b"}', "what it gives is no bearer token"),
        (200, b'{"access_token": "a\\u0001b"}', "what it gives is no bearer token"),
        (200, b'{"access_token": ""}', "what it gives is no bearer token"),
        (200, b'{"access_token": "a", "token_type": "mac"}', "what it gives is no bearer token"),
        (200, b'{"access_token": "a", "expires_in": 0}', "its token has expired already"),
        (200, b'{"access_token": "a", "expires_in": -5}', "its token has expired already"),
        (
            200,
            json.dumps({"access_token": a_jwt(exp=NOW - 1), "expires_in": 3600}).encode(),
            "its token has expired already",
        ),
        (200, b" " * 100_000, "its answer does not end"),
    ],
)
async def test_an_answer_of_no_use_is_told_in_words_of_ours(
    desk: TokenDesk, status: int, body: bytes, reason: str
) -> None:
    desk.instead = lambda: Reply(status, body)

    told = await why(asking(desk))

    assert told.startswith(f"no token from 127.0.0.1: {reason}")
    assert "xyz" not in told


async def test_a_wrong_secret_is_told_without_being_shown(desk: TokenDesk) -> None:
    told = await why(asking(desk, secret="a-wrong-secret"))

    assert told == "no token from 127.0.0.1: it answers 401 invalid_client"


async def test_the_secret_is_not_carried_to_where_the_server_points(desk: TokenDesk) -> None:
    with open_desk() as elsewhere:
        desk.instead = lambda: Reply(307, b"", elsewhere.token_url)

        told = await why(asking(desk))

        assert told.endswith("it answers 307")
        assert elsewhere.asked == 0


async def test_a_server_that_takes_its_time_is_not_waited_for_for_ever(
    desk: TokenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_server, "ASK_SECONDS", 0.2)
    async with dripping() as url:
        told = await why(asking(desk, url))

    assert told == "no token from 127.0.0.1: it does not answer within 0.2 s"


async def test_a_server_that_is_gone_is_told(desk: TokenDesk) -> None:
    gone = asking(desk, "http://127.0.0.1:1/token")
    nowhere = asking(desk, "https://nowhere.invalid/token")

    assert await why(gone) == "no token from 127.0.0.1: nobody listens there"
    assert "there is no host of that name" in await why(nowhere)


async def test_a_server_that_nobody_vouches_for_is_not_told_the_secret(
    desk: TokenDesk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    async with encrypted(authority) as (url, heard):
        told = await why(asking(desk, url))

    assert told == "no token from localhost: its certificate is signed by no CA that we trust"
    assert heard == []


async def test_a_server_with_a_ca_of_its_own_is_believed_by_who_knows_it(
    desk: TokenDesk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    async with encrypted(authority) as (url, heard):
        knowing = ClientCredentials(
            url=url,
            client_id=desk.client_id,
            client_secret=SecretStr(desk.client_secret),
            scope=None,
            tls=TlsFiles(ca=authority.file).context(),
        )
        token = await knowing.ask()

    assert token.value.get_secret_value() == "opaque"
    assert len(heard) == 1


@asynccontextmanager
async def dripping() -> AsyncIterator[str]:
    """Serve who sends a byte now and then, and never ends."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"


@asynccontextmanager
async def encrypted(authority: Authority) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve by TLS, and note what is said."""
    heard: list[bytes] = []
    made = authority.certificate("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.chain, made.key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        body = b'{"access_token": "opaque"}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/token", heard
