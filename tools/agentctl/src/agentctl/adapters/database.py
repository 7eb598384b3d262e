"""PostgreSQL, asked about itself."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from agentctl.clocks import Reading

_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


class DatabaseTrouble(Exception):
    """PostgreSQL did not do what it was asked; says why, and what may help."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


class Database:
    """One connection. Every method may raise DatabaseTrouble."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def version(self) -> int:
        """Return the major version."""
        return int(await self._value("SHOW server_version_num")) // 10_000

    async def is_read_only(self) -> bool:
        """Say whether this is a standby, or made read-only."""
        standby = await self._value("SELECT pg_is_in_recovery()")
        return bool(standby) or await self._value("SHOW transaction_read_only") == "on"

    async def durability(self) -> Mapping[str, str]:
        """Return the settings on which it depends whether what was stored is kept."""
        return {name: await self._value(f"SHOW {name}") for name in _SETTINGS}

    async def is_encrypted(self) -> bool:
        """Say whether this connection is by TLS."""
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        return bool(await self._value(query))

    async def shards(self) -> int | None:
        """Count the shards; None where there is no such table yet."""
        if await self._value("SELECT to_regclass('shard') IS NULL"):
            return None
        return int(await self._value("SELECT count(*) FROM shard"))

    async def clock(self) -> Reading:
        """Look at its clock."""
        before = time.time()
        theirs = await self._value("SELECT extract(epoch FROM clock_timestamp())")
        return Reading(before, float(theirs), time.time())

    async def contacts_of(self, name: str) -> list[str]:
        """Return the ids of the contacts that a number or user id leads to."""
        query = "SELECT DISTINCT contact_id::text FROM alias WHERE alias = ANY($1)"
        async with _told(""):
            rows = await self._connection.fetch(query, [f"wa:{name}", f"bsuid:{name}"])
        return [row["contact_id"] for row in rows]

    async def _value(self, query: str) -> Any:
        async with _told(""):
            return await self._connection.fetchval(query)


@asynccontextmanager
async def database(address: str, *, seconds: float) -> AsyncIterator[Database]:
    """Connect. Raises DatabaseTrouble."""
    host = urlsplit(address).netloc.rpartition("@")[2] or "the address"
    async with _told(host):
        connection = await asyncpg.connect(address, timeout=seconds, command_timeout=seconds)
    try:
        yield Database(connection)
    finally:
        connection.terminate()


@asynccontextmanager
async def _told(host: str) -> AsyncIterator[None]:
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise _trouble(error, host) from None


def _trouble(error: BaseException, host: str) -> DatabaseTrouble:
    match error:
        case socket.gaierror():
            return DatabaseTrouble(f"no such host: {host}", "correct the address, or DNS")
        case ssl.SSLCertVerificationError():
            return DatabaseTrouble(
                f"the certificate of {host} is not trusted: {error.verify_message}",
                "give the CA by sslrootcert, and the name that stands in the certificate",
            )
        case ValueError() if host:
            return DatabaseTrouble(
                "that is no address of PostgreSQL", "it is like postgresql://user@host:5432/name"
            )
        case ConnectionRefusedError():
            return DatabaseTrouble(f"nobody listens at {host}", "start it, or correct the address")
        case asyncio.TimeoutError():
            return DatabaseTrouble(
                f"{host} does not answer in time", "look at firewalls, and at its load"
            )
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return DatabaseTrouble(
                f"{host} refuses the credentials", "check user name, password and pg_hba.conf"
            )
        case asyncpg.InvalidCatalogNameError():
            return DatabaseTrouble("there is no such database", "create it: `createdb NAME`")
        case asyncpg.InsufficientPrivilegeError():
            return DatabaseTrouble(
                "the role may not do that", "grant it the tables of session-core"
            )
        case asyncpg.TooManyConnectionsError():
            return DatabaseTrouble(
                "no connection is free", "raise max_connections, or add a pooler"
            )
        case _:
            name = type(error).__name__
            return DatabaseTrouble(f"{host or 'PostgreSQL'}: {name}", "look at its log")
