"""A PostgreSQL that speaks TLS: who it is gets checked, by the service and by every command."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from devstack import postgres as server
from devstack.authority import Authority
from devstack.locks import Certificate
from devstack.secured import Secured
from domain.ports.event_store import StoreUnavailable
from session_core.adapters.postgres_connections import Connections

pytestmark = pytest.mark.connected


@pytest.fixture
async def address(secured: Secured) -> AsyncIterator[str]:
    """A database of one test alone, reached without TLS."""
    started = await asyncio.to_thread(secured.stack.start, "postgres")
    name = f"t{secrets.token_hex(4)}"
    await server.create_database(started.postgres, name)
    yield started.postgres.rpartition("/")[0] + f"/{name}"
    connection = await asyncpg.connect(started.postgres)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture
def checked(address: str, secured: Secured) -> str:
    return verifying(address, secured.authority.file)


def verifying(address: str, ca: Path) -> str:
    return f"{address}?sslmode=verify-full&sslrootcert={ca}"


async def test_every_connection_of_the_service_goes_by_tls(checked: str) -> None:
    connections = Connections(checked)
    async with connections.borrow() as connection:
        encrypted = await connection.fetchval(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
    await connections.close()

    assert encrypted is True


async def test_migrations_and_operators_commands_check_who_answers(
    checked: str, address: str, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "strangers")

    refused = await command(verifying(address, stranger.file), "migrate")
    migrated = await command(checked, "migrate")
    listed = await command(checked, "sessions")
    misnamed = await command(checked.replace("127.0.0.1", "localhost"), "sessions")

    assert refused[0] == misnamed[0] == 1
    assert refused[1] == (
        "not migrated: PostgreSQL: no connection:"
        " its certificate is signed by no CA that we trust\n"
    )
    assert migrated[0] == 0
    assert "0001_event_store" in migrated[1]
    assert listed == (0, "SESSION FLOW VERSION STATUS TEAM REASON SINCE\n")
    assert misnamed[1] == (
        "the database does not answer: PostgreSQL: no connection:"
        " its certificate is not made out to the name by which we call it\n"
    )


async def test_a_certificate_that_expired_is_told_and_its_successor_taken(
    checked: str, address: str, secured: Secured
) -> None:
    connections = Connections(checked)
    expired = secured.authority.certificate("127.0.0.1", expired=True)
    async with shown(secured, address, expired):
        with pytest.raises(StoreUnavailable, match="its certificate has expired"):
            async with connections.borrow():
                pass
    async with connections.borrow() as connection:
        answer = await connection.fetchval("SELECT 1")
    await connections.close()

    assert answer == 1


async def test_a_wrong_password_is_told_and_not_shown(checked: str) -> None:
    user, _, host = checked.partition("@")
    wrong = f"{user.rpartition(':')[0]}:a-wrong-secret@{host}"

    code, told = await command(wrong, "sessions")

    assert code == 1
    assert told == (
        "the database does not answer: PostgreSQL: no connection:"
        " it refuses our user name or password\n"
    )


async def test_a_server_without_tls_is_not_talked_to(secured: Secured) -> None:
    async with plain_server() as port:
        code, told = await command(
            verifying(f"postgresql://u:a-secret@127.0.0.1:{port}/d", secured.authority.file),
            "sessions",
        )

    assert code == 1
    assert "it has no TLS (sslmode)" in told
    assert "a-secret" not in told


async def test_a_database_that_is_not_there_is_told() -> None:
    code, told = await command("postgresql://u:a-secret@localhost:1/d", "sessions")

    assert code == 1
    assert "PostgreSQL: no connection: nobody listens there" in told


async def command(address: str, *words: str) -> tuple[int, str]:
    """Run a command of `session-core`; give its exit code and what it said, spaces squeezed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "session_core",
        *words,
        env={**os.environ, "SESSION_CORE_DATABASE_URL": address},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    lines = (out + err).decode().splitlines()
    return process.returncode or 0, "".join(" ".join(line.split()) + "\n" for line in lines)


@asynccontextmanager
async def shown(secured: Secured, address: str, certificate: Certificate) -> AsyncIterator[None]:
    """Let the server show another certificate for a while."""
    home = server.home(secured.stack.site.data / "postgres")
    usual = secured.authority.certificate("127.0.0.1")
    try:
        await _show(home, certificate, address)
        yield
    finally:
        await _show(home, usual, address)


async def _show(home: server.Home, certificate: Certificate, address: str) -> None:
    server.hand_over(home, certificate)
    connection = await asyncpg.connect(address)
    loaded = await connection.fetchval("SELECT pg_conf_load_time()")
    await connection.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(20):
        while await connection.fetchval("SELECT pg_conf_load_time()") == loaded:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await connection.close()


@asynccontextmanager
async def plain_server() -> AsyncIterator[int]:
    """Answer as PostgreSQL does that was built or set up without TLS."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
