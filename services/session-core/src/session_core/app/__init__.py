"""Composition root: the only module that knows every other."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from domain.ports.operators import SessionLine
from domain.session import FlowBook, InvalidFlow
from domain.topics import SESSION_COMMANDS, SESSION_COMMANDS_PARKED, SESSION_EVENTS
from domain.values import SessionId
from session_core.adapters.kafka_command_outbox import KafkaCommandOutbox
from session_core.adapters.kafka_command_source import GROUP, KafkaCommandSource
from session_core.adapters.kafka_dispatch import KafkaDispatch
from session_core.adapters.kafka_event_publisher import KafkaEventPublisher
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_flow_archive import PostgresFlowArchive
from session_core.adapters.postgres_migrations import migrate, missing, shipped
from session_core.adapters.postgres_parked_commands import PostgresParkedCommands
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.adapters.postgres_session_directory import PostgresSessionDirectory
from session_core.app.core import Neighbours, Sizes, assemble, utc_now
from session_core.app.partition_watch import PartitionWatch
from session_core.app.preparation import Preparation
from session_core.handlers.flows_watch import FlowsWatch
from session_core.handlers.housekeeping import Housekeeping
from session_core.handlers.progress import Progress
from session_core.settings import DatabaseSettings, OperatorSettings, Settings
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.looking_up import Records, Timeline
from session_core.use_cases.operating import OperatorsDesk
from session_core.use_cases.witnessing import Witness
from streaming.health import HealthServer
from streaming.kafka import Publisher, broker
from streaming.link import Link
from streaming.reaching import connected
from streaming.service import Component, Service, background

_TOPICS = (SESSION_COMMANDS, SESSION_EVENTS, SESSION_COMMANDS_PARKED)


def build(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Service:
    """Wire the service; nothing starts yet. Raises InvalidFlow."""
    kafka = settings.kafka(settings.instance_id)
    connection = broker(kafka)
    connections = Connections(settings.database_url.get_secret_value())
    publisher = Publisher(connection, kafka)
    link = Link(connection, publisher, kafka, topics=[topic.name for topic in _TOPICS])
    store = PostgresEventStore(connections)
    source = KafkaCommandSource(
        connection,
        kafka,
        instance_id=settings.instance_id,
        session_seconds=settings.session_seconds,
    )
    flows = FlowShelf(flow_sources(settings.flows_dir), PostgresFlowArchive(connections))
    flows_watch = FlowsWatch(
        partial(flow_sources, settings.flows_dir), flows, seconds=settings.flows_look_seconds
    )
    neighbours = Neighbours(
        store=store,
        publisher=KafkaEventPublisher(kafka, transaction_seconds=settings.transaction_seconds),
        source=source,
        dispatch=KafkaDispatch(publisher, group=kafka.group(GROUP)),
    )
    core = assemble(
        neighbours, flows, owner=settings.instance_id, sizes=_sizes(settings), clock=clock
    )
    source.when(assigned=core.shards.assigned, revoked=core.shards.revoked)
    preparation = Preparation(kafka, connections, store, flows, core.shards)
    watch = PartitionWatch(preparation.count, core.shards)
    progress = Progress(source, core.shards, core.ready)
    ready = _first_of(
        preparation.ready, link.ready, watch.ready, source.ready, core.ready, progress.ready
    )
    http = HealthServer(settings.host, settings.port, ready=ready, status=flows_watch.note)
    return Service(
        "session-core",
        [
            Component("http", http.start, http.stop, http.died),
            Component("postgres", preparation.run, connections.close),
            Component("kafka", link.start, link.stop, link.died),
            Component("membership", _nothing, source.leave, source.died),
            Component("shards", _nothing, core.shards.stop),
            Component("lanes", core.lanes.start, core.lanes.stop, core.lanes.died),
            background("timers", core.timers.run),
            background("partitions", watch.run),
            background("flows", flows_watch.run),
            background("progress", progress.run),
            background("housekeeping", Housekeeping(core.album, store, now=clock).run),
            *_query_api(settings, publisher),
        ],
    )


def _query_api(settings: Settings, publisher: Publisher) -> list[Component]:
    if settings.api_port is None:
        return []
    # FastAPI is a fifth of the time that a restart takes; who does not serve it does without.
    from session_core.app.query_api import query_api  # noqa: PLC0415

    return query_api(settings, publisher)


def _sizes(settings: Settings) -> Sizes:
    return Sizes(
        batch_commands=settings.batch_commands,
        lanes=settings.lanes,
        people_in_memory=settings.people_in_memory,
    )


def flow_sources(folder: Path) -> dict[str, str]:
    """Read the flows of a folder, by file name; their tests stand beside them."""
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(folder.glob("*.yaml"))
        if not file.name.endswith(".test.yaml")
    }


@asynccontextmanager
async def operators_desk(
    settings: OperatorSettings,
) -> AsyncIterator[tuple[OperatorsDesk, Witness]]:
    """Open what an operator's command and a look at its outcome need, for as long as they take.

    Raises OutOfReach.
    """
    kafka = settings.kafka("operator")
    connections = Connections(settings.database_url.get_secret_value())
    connection = broker(kafka)
    outbox = KafkaCommandOutbox(Publisher(connection, kafka), now=utc_now)
    desk = OperatorsDesk(PostgresSessionDirectory(connections), outbox)
    witness = Witness(PostgresEventStore(connections), PostgresParkedCommands(connections))
    try:
        async with connected(connection, kafka):
            yield desk, witness
    finally:
        await connections.close()


async def newest_sessions(
    settings: DatabaseSettings, *, handed_off: bool, limit: int
) -> Sequence[SessionLine]:
    """List sessions; needs the database alone."""
    connections = Connections(settings.database_url.get_secret_value())
    try:
        directory = PostgresSessionDirectory(connections)
        return await directory.newest(handed_off=handed_off, limit=limit)
    finally:
        await connections.close()


async def whole_conversation(
    settings: DatabaseSettings, session_id: SessionId, *, unmasked: bool
) -> Timeline:
    """Look a session up with all that happened in it; needs the database alone."""
    connections = Connections(settings.database_url.get_secret_value())
    try:
        directory = PostgresSessionDirectory(connections)
        records = Records(PostgresSessionArchive(connections), directory)
        return await records.conversation(session_id, unmasked=unmasked)
    finally:
        await connections.close()


async def bring_up_to_date(settings: DatabaseSettings) -> Sequence[str]:
    """Run the migrations that are missing, and give their names."""
    connections = Connections(settings.database_url.get_secret_value())
    try:
        return await migrate(connections, shipped())
    finally:
        await connections.close()


async def missing_migrations(settings: DatabaseSettings) -> Sequence[str]:
    """Name the migrations that are still to be run. Raises MigrationChanged or StoreFailure."""
    connections = Connections(settings.database_url.get_secret_value())
    try:
        return await missing(connections, shipped())
    finally:
        await connections.close()


def problem_of_flows(folder: Path) -> str | None:
    """Say why the service would not start with the flows of a folder, or None."""
    try:
        if not (sources := flow_sources(folder)):
            return f"there are no flows in {folder}"
        FlowBook.of(sources)
    except InvalidFlow as error:
        return str(error)
    except (OSError, ValueError) as error:
        return f"{folder} cannot be read: {type(error).__name__}"
    return None


def _first_of(*checks: Callable[[], str | None]) -> Callable[[], str | None]:
    def ready() -> str | None:
        return next((reason for check in checks if (reason := check()) is not None), None)

    return ready


async def _nothing() -> None:
    """Kafka's client joins as it starts, and shards come with the first assignment."""
