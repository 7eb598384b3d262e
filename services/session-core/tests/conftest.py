"""People who write to the business, and what session-core needs to hear them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pydantic import SecretStr

from domain import codec, commands
from domain.commands import Command
from domain.messages import InboundText
from domain.ports.command_source import CommandSource, Dispatch
from domain.ports.event_store import EventPublisher, EventStore
from domain.values import CommandId, command_id, message_id
from installation.processes import Starter, processes
from installation.settling import is_settled
from installation.site import Site
from session_core.adapters import postgres_append
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_migrations import migrate, shipped
from session_core.app.core import Core, Neighbours, Sizes, assemble
from session_core.settings import Settings
from session_core.use_cases.flow_shelf import FlowShelf
from streaming import tracing
from streaming.cloudevents import CloudEvent, encode

NUMBER = "106540352242922"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PET = """
name: pet
title: A pet
triggers: {default: true}
agent: {words: [agent], team: vets, say: A vet takes over.}
steps:
  - id: name
    ask: What is its name?
    text: {min: 2}
    wrong: Two letters at least.
    retries: 1
    otherwise: lost
  - id: kind
    ask: What is it?
    choice: {options: [{id: dog, title: Dog}, {id: cat, title: Cat}]}
  - {id: end, complete: {outcome: known, say: Thanks}}
  - {id: lost, hand_off: {team: vets, say: One moment.}, next: kind}
"""

Record = tuple[bytes, list[tuple[str, bytes]]]


@pytest.fixture(autouse=True)
def nobody_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry traces on only: of what is recorded, each event would tell another span every time.

    A test of another service may have begun to record, which OpenTelemetry never takes back.
    """
    monkeypatch.setattr(tracing, "MODE", replace(tracing.MODE, carried=True))


@pytest.fixture
def flows() -> dict[str, str]:
    """The flows that sessions begin with."""
    return {"pet.yaml": PET}


@pytest.fixture
def patient_flows(flows: dict[str, str]) -> dict[str, str]:
    """The flows for tests by the time of day: their people wrote in 2026 and never expire."""
    return {name: f"{source}expires_after_hours: 87600\n" for name, source in flows.items()}


@pytest.fixture
def record() -> Callable[..., Record]:
    """Make a command as it is on the wire."""

    def make(command: Command, *, identity: CommandId, at: datetime = NOON) -> Record:
        event = CloudEvent(
            id=str(identity),
            type=command.TYPE,
            source="ingress",
            time=at,
            data=codec.encode(command),
        )
        return event.data, encode(event)

    return make


@pytest.fixture
def says(record: Callable[..., Record]) -> Callable[..., Record]:
    """Make the command for something that a person wrote: the n-th message of theirs."""

    def make(
        person: str,
        text: str,
        *,
        number: int = 1,
        user_id: str | None = None,
        parent: str | None = None,
    ) -> Record:
        wamid = f"wamid.{person}.{number}"
        at = NOON + timedelta(seconds=number)
        message = commands.IncomingMessage(
            wamid=wamid,
            from_=person or None,
            user_id=user_id,
            parent_user_id=parent,
            message=InboundText(text=text),
        )
        command = commands.ReceiveMessage(
            phone_number_id=NUMBER,
            message_id=message_id(wamid),
            received_at=at,
            personal=message,
        )
        return record(command, identity=command_id(command.TYPE, NUMBER, wamid), at=at)

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]:
    """Wait until something is so, or fail after a generous while."""

    async def wait(holds: Callable[[], Awaitable[bool] | bool], seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                answer = holds()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[str]:
    """Address of an empty database, for one test alone."""
    name = f"t{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def connections(database: str) -> AsyncIterator[Connections]:
    """Connections to a database of the right shape."""
    opened = Connections(database)
    await migrate(opened, shipped())
    yield opened
    await opened.close()


@pytest.fixture(params=[0, 1_000_000], ids=["by COPY", "at once"])
def way_of_appending(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Append in one way, and in the other, however much it is."""
    monkeypatch.setattr(postgres_append, "COPIED_FROM", request.param)


@pytest.fixture
def topic() -> MemoryCommands:
    """session-commands, with two partitions."""
    return MemoryCommands(2)


@pytest.fixture
def store() -> MemoryEventStore:
    """What outlives a session-core."""
    return MemoryEventStore()


@pytest.fixture
def world() -> MemoryEventPublisher:
    """session-events, as its readers see it."""
    return MemoryEventPublisher()


@pytest.fixture
def archive() -> MemoryFlowArchive:
    """Every version of a flow."""
    return MemoryFlowArchive()


@pytest.fixture
async def begin(
    topic: MemoryCommands,
    store: MemoryEventStore,
    world: MemoryEventPublisher,
    archive: MemoryFlowArchive,
    flows: dict[str, str],
) -> AsyncIterator[Callable[..., Awaitable[Core]]]:
    """Start a session-core, as a process would; it is stopped when the test ends."""
    running: list[Core] = []

    async def start(
        *,
        store: EventStore = store,
        publisher: EventPublisher = world,
        dispatch: Dispatch = topic,
        source: CommandSource | None = None,
        sources: dict[str, str] = flows,
        sizes: Sizes = Sizes(),  # noqa: B008 frozen
        shards: tuple[int, ...] = (0, 1),
        clock: Callable[[], datetime] = lambda: NOON,
        lanes: bool = True,
    ) -> Core:
        neighbours = Neighbours(
            store=store,
            publisher=publisher,
            source=source or MemoryCommandSource(topic),
            dispatch=dispatch,
        )
        shelf = FlowShelf(sources, archive)
        await shelf.open()
        core = assemble(neighbours, shelf, owner="test", sizes=sizes, clock=clock)
        core.shards.total = 2
        running.append(core)
        core.shards.assigned(shards)
        if lanes:
            await core.lanes.start()
        return core

    yield start
    for core in running:
        await core.lanes.stop()
        await core.shards.stop()


@pytest.fixture
def settled(
    topic: MemoryCommands, store: MemoryEventStore, world: MemoryEventPublisher, eventually: Any
) -> Callable[[], Awaitable[None]]:
    """Wait until every command had its effect and every event is published."""

    async def wait() -> None:
        await eventually(lambda: is_settled(topic, store, world))

    return wait


@pytest.fixture
def kafka_address(kafka: str) -> str:
    """Where session-core is told that Kafka is; tests may put a wire in between."""
    return kafka


@pytest.fixture
def database_address(database: str) -> str:
    """Where session-core is told that PostgreSQL is; tests may put a wire in between."""
    return database


@pytest.fixture
async def site(  # noqa: PLR0917 pytest passes fixtures by name
    kafka: str,
    kafka_address: str,
    database_address: str,
    topic_prefix: str,
    connections: Connections,
    patient_flows: dict[str, str],
    tmp_path: Path,
) -> AsyncIterator[Site]:
    """Topics and a database of one test alone, and settings for those who work on them."""
    for name, source in patient_flows.items():
        (tmp_path / name).write_text(source)
    settings = Settings(
        kafka_bootstrap_servers=kafka_address,
        topic_prefix=topic_prefix,
        database_url=SecretStr(database_address),
        flows_dir=tmp_path,
        port=0,
        session_seconds=6,
    )
    opened = Site(settings, kafka, connections, patient_flows)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def start(site: Site, tmp_path: Path) -> AsyncIterator[Starter]:
    """Start real processes of session-core; all are ended with the test."""
    async with processes(site.settings, tmp_path) as starter:
        yield starter
