"""Brings the database to the shape that this version needs: SQL files, each once, in order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from session_core.adapters.postgres_connections import Connections, failures

_LOCK = 7_305_214_980_336_117_001
"""Any number, as long as it stays: two that migrate at once wait for each other."""

_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationChanged(Exception):
    """A migration that was applied is not the same any more, or unknown to this version."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells whether the file was edited after it had been applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> list[Migration]:
    """Give the migrations of this version, in order."""
    folder = files("session_core.adapters").joinpath("migrations")
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return [
        Migration(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in sorted(found, key=lambda file: file.name)
    ]


async def migrate(connections: Connections, migrations: Sequence[Migration]) -> list[str]:
    """Apply what is missing, each in a transaction, and give the names.

    Raises MigrationChanged, StoreUnavailable, or StoreRefused.
    """
    async with connections.borrow() as connection, failures():
        await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=600)
        try:
            await connection.execute(_TABLE)
            missing = _missing(await _applied(connection), migrations)
            for migration in missing:
                await _apply(connection, migration)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)
            await connection.execute("RESET statement_timeout; RESET lock_timeout")
    return [migration.name for migration in missing]


async def missing(connections: Connections, migrations: Sequence[Migration]) -> list[str]:
    """Give the names of migrations that are still to be applied. Raises MigrationChanged."""
    async with connections.borrow() as connection, failures():
        exists = await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL")
        applied = await _applied(connection) if exists else {}
    return [migration.name for migration in _missing(applied, migrations)]


async def _applied(connection: Any) -> dict[str, str]:
    rows = await connection.fetch("SELECT name, checksum FROM migration")
    return {row["name"]: row["checksum"] for row in rows}


def _missing(applied: Mapping[str, str], migrations: Sequence[Migration]) -> list[Migration]:
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChanged(f"migration {migration.name} was edited after it was applied")
    unknown = set(applied) - {migration.name for migration in migrations}
    if unknown:
        raise MigrationChanged(f"the database is newer: it has migration {max(unknown)}")
    return [migration for migration in migrations if migration.name not in applied]


async def _apply(connection: Any, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql, timeout=600)
        await connection.execute(
            "INSERT INTO migration (name, checksum) VALUES ($1, $2)",
            migration.name,
            migration.checksum,
        )
