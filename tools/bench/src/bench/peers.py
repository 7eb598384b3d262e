"""What the bench asks of a peer. Everything blocks: `eventsourcing` is synchronous."""

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from bench.facts import Fact

SCHEMA = "peer"


class Peer(Protocol):
    """An application of the peer on one database."""

    table: str
    """Where its events are, with the schema."""

    def begin(self) -> None:
        """Forget who is in memory; a round begins with nobody."""
        ...

    def prepare(self, chunk: Sequence[Fact]) -> Sequence[Any]:
        """Make the objects that are to be saved. Not timed."""
        ...

    def save(self, prepared: Sequence[Any]) -> None:
        """Encode and store them in one transaction."""
        ...

    def replay(self, person: UUID) -> int:
        """Bring a person back from their events; return how many those were."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def environment(address: str) -> dict[str, str]:
    """Give the peer's variables for this database."""
    parts = urlsplit(address)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_HOST": parts.hostname or "",
        "POSTGRES_PORT": str(parts.port),
        "POSTGRES_DBNAME": parts.path.removeprefix("/"),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": unquote(parts.password or ""),
        "POSTGRES_SCHEMA": SCHEMA,
        "POSTGRES_ENABLE_DB_FUNCTIONS": "n",
    }
