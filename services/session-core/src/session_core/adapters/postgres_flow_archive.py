"""Every version of every flow, kept in PostgreSQL for the sessions that are pinned to it."""

from collections.abc import Mapping, Sequence

from session_core.adapters.postgres_connections import Connections, failures

_KEEP = """
INSERT INTO flow (name, version, source)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING
"""


class PostgresFlowArchive:
    """FlowArchive on PostgreSQL."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def keep(self, flows: Sequence[tuple[str, str, str]]) -> None:
        """See FlowArchive."""
        columns = [list(column) for column in zip(*flows, strict=True)]
        async with self._connections.borrow() as connection, failures():
            await connection.execute(_KEEP, *columns)

    async def kept(self) -> Mapping[tuple[str, str], str]:
        """See FlowArchive."""
        async with self._connections.borrow() as connection, failures():
            rows = await connection.fetch("SELECT name, version, source FROM flow")
        return {(row["name"], row["version"]): row["source"] for row in rows}
