"""Certificates that are replaced on disk while a service runs, as they are in a cluster."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devstack.authority import Authority
from streaming.connecting import because
from streaming.tls import TlsFiles


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ours")


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "others")


@asynccontextmanager
async def server(authority: Authority, *, asks: Authority | None = None) -> AsyncIterator[int]:
    """Say hello by TLS to whom it knows: to everybody, unless it asks for certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made = authority.certificate("localhost")
    context.load_cert_chain(made.chain, made.key)
    if asks is not None:
        context.load_verify_locations(asks.file)
        context.verify_mode = ssl.CERT_REQUIRED

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context) as listening:
        yield listening.sockets[0].getsockname()[1]


async def greeting(port: int, context: ssl.SSLContext, name: str = "localhost") -> str:
    """Connect, and give what is heard, or why nothing is."""
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=name
        )
    except OSError as error:
        return because(error)
    try:
        return (await reader.read(100)).decode()
    except OSError as error:
        return because(error)
    finally:
        writer.transport.abort()


async def test_a_ca_that_comes_later_is_trusted_from_then_on(
    authority: Authority, other: Authority, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted.pem"
    shutil.copy(other.file, trusted)
    context = TlsFiles(ca=trusted).context()
    async with server(authority) as port:
        before = await greeting(port, context)
        replace(trusted, authority.file)
        after = await greeting(port, context)

    assert before == "its certificate is signed by no CA that we trust"
    assert after == "hello"


async def test_a_certificate_of_ours_that_was_renewed_is_shown_from_then_on(
    authority: Authority, other: Authority, tmp_path: Path
) -> None:
    stale, good = other.bundle("shop@example.org"), authority.bundle("shop@example.org")
    shown = tmp_path / "shown.pem"
    shutil.copy(stale, shown)
    context = TlsFiles(ca=authority.file, certificate=shown).context()
    async with server(authority, asks=authority) as port:
        before = await greeting(port, context)
        replace(shown, good)
        after = await greeting(port, context)

    assert before != "hello"
    assert after == "hello"


@pytest.mark.parametrize("damage", ["torn", "gone"])
async def test_files_that_are_damaged_meanwhile_leave_the_former_ones_in_use(
    authority: Authority, tmp_path: Path, damage: str
) -> None:
    shown = tmp_path / "shown.pem"
    shutil.copy(authority.bundle("shop@example.org"), shown)
    context = TlsFiles(ca=authority.file, certificate=shown).context()
    if damage == "torn":
        shown.write_bytes(shown.read_bytes()[:200])
    else:
        shown.unlink()
    async with server(authority, asks=authority) as port:
        heard = await greeting(port, context)

    assert heard == "hello"


async def test_names_are_checked_and_expired_certificates_too(authority: Authority) -> None:
    context = TlsFiles(ca=authority.file).context()
    async with server(authority) as port:
        assert await greeting(port, context, name="elsewhere.test") == (
            "its certificate is not made out to the name by which we call it"
        )
        assert context.verify_mode is ssl.CERT_REQUIRED


def replace(path: Path, successor: Path) -> None:
    """As a cluster does it: at once, by another file."""
    draft = path.with_suffix(".new")
    shutil.copy(successor, draft)
    draft.replace(path)
