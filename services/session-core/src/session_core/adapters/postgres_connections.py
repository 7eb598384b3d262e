"""Connections to PostgreSQL that give up in time, and its failures in the words of the port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from domain.ports.event_store import StoreConflict, StoreFailure, StoreRefused, StoreUnavailable
from streaming.connecting import because

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 6.0
ANSWER_SECONDS = 8.0
"""Longer than the server's own limit, so that a silent connection is told from a slow statement."""

_SERVER_SETTINGS = {
    "application_name": "session-core",
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "2s",
    "jit": "off",
    "enable_seqscan": "off",
}
"""Who freezes within a transaction lets go of its rows soon.

Without whole-table scans: a plan made while a table was empty is kept while it grows.
"""
TROUBLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""Everything that a call of asyncpg raises when the server or the line to it fails.

The last one is its own state machine that lost its place when the server went away.
"""
_CONFLICT = "23505"
_NOT_NULL = "23502"
_NEVER = ("22", "23", "54")
"""Classes of SQLSTATE that speak of the data itself: repeating cannot help."""


class Connections:
    """A pool that is filled on demand, so that a database that is down can be waited for."""

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 8,
        statement_seconds: float = STATEMENT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._dsn = dsn
        self._size = size
        self._statement_seconds = statement_seconds
        self._answer_seconds = answer_seconds
        self._pool: Any = None

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Any]:
        """Lend a connection. Raises StoreUnavailable if none can be had."""
        try:
            pool = await self._filled()
            connection = await pool.acquire(timeout=CONNECT_SECONDS)
        except TROUBLE as error:
            raise StoreUnavailable(f"PostgreSQL: no connection: {_why(error)}") from error
        try:
            yield connection
        except StoreFailure as failure:
            if isinstance(failure.__cause__, asyncpg.InternalClientError):
                connection.terminate()  # it would raise the same again for whoever gets it next
            raise
        finally:
            with suppress(*TROUBLE):
                await pool.release(connection, timeout=CONNECT_SECONDS)

    async def close(self) -> None:
        """Close what is open, hard if it does not go otherwise."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def _filled(self) -> Any:
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                self._dsn,
                min_size=0,
                max_size=self._size,
                timeout=CONNECT_SECONDS,
                command_timeout=self._answer_seconds,
                server_settings={
                    **_SERVER_SETTINGS,
                    "statement_timeout": str(int(self._statement_seconds * 1000)),
                },
                reset=_nothing_to_reset,
            )
        return await self._pool


def _why(error: Exception) -> str:
    """Say what keeps us out; the server's own words quote names, and are left out."""
    match error:
        case asyncpg.InvalidPasswordError():
            return "it refuses our user name or password"
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "it lets this user in from elsewhere, by a certificate or by TLS alone, or never"
        case asyncpg.InvalidCatalogNameError():
            return "it has no database of that name"
        case ConnectionError() if "rejected SSL upgrade" in str(error):
            return "it has no TLS (sslmode)"
        case asyncpg.PostgresError() | asyncpg.InterfaceError():
            return type(error).__name__
        case _:
            return because(error)


async def _nothing_to_reset(_: Any) -> None:
    """Statements here leave no trace on a connection; a reset would cost a round trip each."""


@asynccontextmanager
async def failures() -> AsyncIterator[None]:
    """Speak of what goes wrong in a read, or another statement that may be repeated."""
    try:
        yield
    except TROUBLE as error:
        raise (refusal(error) or StoreUnavailable(f"PostgreSQL: {type(error).__name__}")) from error


def refusal(error: BaseException) -> StoreFailure | None:
    """Give the failure that an answer of the server means; None where it gave no clear answer."""
    if not isinstance(error, asyncpg.PostgresError):
        return None
    state = error.sqlstate or ""
    name = type(error).__name__
    if state == _CONFLICT:
        return StoreConflict(error.constraint_name or name)
    if state == _NOT_NULL and error.table_name == "alias":
        return StoreConflict("alias_moved")
    if state.startswith(_NEVER):
        return StoreRefused(name)
    if state.startswith(("08", "57P")):
        return None
    return StoreUnavailable(f"PostgreSQL: {name}")
