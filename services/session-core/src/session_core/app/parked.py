"""Opens what is needed to look after parked commands, for as long as it takes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from domain.ports.command_source import Delivery
from domain.ports.parked_commands import ParkedLine, ParkedLines
from session_core.adapters.kafka_command_source import GROUP
from session_core.adapters.kafka_dispatch import KafkaDispatch
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_parked_commands import PostgresParkedCommands
from session_core.settings import DatabaseSettings, OperatorSettings
from session_core.use_cases.dismissing import Dismisser
from session_core.use_cases.redriving import Redriver
from streaming.kafka import Publisher, broker
from streaming.reaching import connected


async def parked_lines(
    settings: DatabaseSettings, meant: ParkedLines, *, limit: int
) -> Sequence[ParkedLine]:
    """List parked commands; needs the database alone."""
    async with _table(settings) as parked:
        return await parked.lines(meant, after=None, limit=limit)


async def parked_records(
    settings: DatabaseSettings, meant: ParkedLines, *, limit: int
) -> Sequence[tuple[ParkedLine, Delivery]]:
    """List parked commands with their bytes; needs the database alone."""
    async with _table(settings) as parked:
        lines = await parked.lines(meant, after=None, limit=limit)
        records = [(line, await parked.record(line.place)) for line in lines]
    return [(line, record) for line, record in records if record is not None]


@asynccontextmanager
async def dismisser(settings: DatabaseSettings) -> AsyncIterator[Dismisser]:
    """Open what dismissing parked commands needs: the database alone."""
    async with _table(settings) as parked:
        yield Dismisser(parked)


async def permit_parking(
    settings: DatabaseSettings, shard: int, *, most: int, seconds: float
) -> None:
    """Let whoever takes the shard next park so many of its commands."""
    async with _table(settings) as parked:
        await parked.permit(shard, most=most, seconds=seconds)


@asynccontextmanager
async def redriver(settings: OperatorSettings) -> AsyncIterator[Redriver]:
    """Open what sending parked commands again needs. Raises OutOfReach."""
    kafka = settings.kafka("operator")
    connection = broker(kafka)
    dispatch = KafkaDispatch(Publisher(connection, kafka), group=kafka.group(GROUP))
    async with _table(settings) as parked, connected(connection, kafka):
        yield Redriver(parked, dispatch)


@asynccontextmanager
async def _table(settings: DatabaseSettings) -> AsyncIterator[PostgresParkedCommands]:
    connections = Connections(settings.database_url.get_secret_value())
    try:
        yield PostgresParkedCommands(connections)
    finally:
        await connections.close()
