"""An installation on a real Kafka and PostgreSQL where people have talked, to be verified."""

import asyncio
import json
import os
import secrets
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from devstack import topics
from devstack.apart import run_apart
from domain import codec, commands
from domain.messages import InboundText
from domain.topics import ALL, SESSION_COMMANDS
from domain.values import command_id, message_id
from session_core.adapters.kafka_topic_history import KafkaTopicHistory
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_migrations import migrate, shipped
from session_core.app import build
from session_core.app.checks import check_everything
from session_core.settings import Settings
from session_core.use_cases.verifying import Verdict
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import KafkaSettings
from streaming.service import Service

NUMBER = "106540352242922"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Written = tuple[str, commands.Command, str]
"""Whose a command is, what it asks, and what its id is made of."""
TABLES = ("shard", "event", "alias", "session", "parked_command", "snapshot", "timer")
PEOPLE = tuple(f"1555000{number:04}" for number in range(8))
FLOW = """
name: pet
title: A pet
triggers: {default: true}
steps:
  - id: name
    ask: What is its name?
    text: {min: 2}
    wrong: Two letters at least.
  - {id: end, complete: {outcome: known, say: Thanks}}
"""


@dataclass(frozen=True)
class Answer:
    """What a command printed."""

    code: int
    out: str
    err: str


class Site:
    """An installation where people have talked; a test breaks something and mends it again."""

    def __init__(self, settings: Settings, database: asyncpg.Connection) -> None:
        self.settings = settings
        self.database = database
        self.ids: dict[str, list[UUID]] = defaultdict(list)
        """Of every command, by type, as often as it was written."""

    async def write(self, *records: Written, partition: int | None = None) -> None:
        """Write commands as ingress does, or to where they do not belong."""
        kafka = self.settings.kafka_bootstrap_servers
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            for person, command, part in records:
                identity = command_id(command.TYPE, NUMBER, part)
                event = CloudEvent(
                    id=str(identity),
                    type=command.TYPE,
                    source="ingress",
                    time=NOON,
                    data=codec.encode(command),
                )
                await producer.send_and_wait(
                    self.settings.topic_prefix + SESSION_COMMANDS.name,
                    event.data,
                    key=f"{NUMBER}/{person}".encode(),
                    headers=encode(event),
                    partition=partition,
                )
                self.ids[command.TYPE].append(identity)

    async def scribble(self) -> None:
        """Write something that is no command."""
        kafka = self.settings.kafka_bootstrap_servers
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            topic = self.settings.topic_prefix + SESSION_COMMANDS.name
            await producer.send_and_wait(topic, b"\xff", partition=0)

    async def settled(self) -> None:
        """Wait until every command had its effect and every event is published."""
        settings = self.settings
        kafka = KafkaSettings(settings.kafka_bootstrap_servers, "test", settings.topic_prefix)
        log = KafkaTopicHistory(kafka, SESSION_COMMANDS.name)
        query = "SELECT sum(next_offset) AS read, sum(last_seq - published_seq) AS rest FROM shard"
        async with asyncio.timeout(60):
            while True:
                row = await self.database.fetchrow(query)
                written = sum(bounds.end for bounds in (await log.bounds()).values())
                if (row["read"], row["rest"]) == (written, 0):
                    return
                await asyncio.sleep(0.1)

    async def verify(self) -> Verdict:
        return await check_everything(self.settings)

    @asynccontextmanager
    async def broken(self, sql: str) -> AsyncIterator[None]:
        """Break something, and put everything back afterwards."""
        for table in TABLES:
            await self.database.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        await self.database.execute(sql)
        try:
            yield
        finally:
            for table in TABLES:
                await self.database.execute(
                    f"TRUNCATE {table}; INSERT INTO {table} TABLE kept_{table};"
                    f" DROP TABLE kept_{table}"
                )

    async def terminal(self, *words: str, **variables: str) -> Answer:
        """Run `session-core` as an operator does."""
        settings = self.settings
        known = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "TOPIC_PREFIX": settings.topic_prefix,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            **variables,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "session_core",
            *words,
            env={**os.environ, **{f"SESSION_CORE_{name}": value for name, value in known.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Answer(process.returncode or 0, out.decode(), err.decode())

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run an instance of session-core."""
        return _running(build(self.settings))

    async def home(self) -> int:
        """Give a shard where somebody lives."""
        query = "SELECT shard FROM event WHERE seq = 9 ORDER BY shard LIMIT 1"
        return int(await self.database.fetchval(query))


def _message(person: str, text: str, number: int) -> Written:
    wamid = f"wamid.{person}.{number}"
    said = commands.IncomingMessage(wamid=wamid, from_=person, message=InboundText(text=text))
    command = commands.ReceiveMessage(
        phone_number_id=NUMBER,
        message_id=message_id(wamid),
        received_at=NOON + timedelta(seconds=number),
        personal=said,
    )
    return person, command, wamid


@asynccontextmanager
async def _running(service: Service) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for component in service.components:
            stack.push_async_callback(component.stop)
            await component.start()
        yield


@pytest.fixture
def message() -> Callable[[str, str, int], Written]:
    """Make the command for something that a person wrote: the n-th message of theirs."""
    return _message


@pytest.fixture(scope="module")
def people() -> tuple[str, ...]:
    """Those who talked before the test."""
    return PEOPLE


@pytest.fixture(scope="module")
async def site(
    kafka: str, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    name, prefix = f"t{secrets.token_hex(6)}", f"t{secrets.token_hex(4)}-"
    flows = tmp_path_factory.mktemp("flows")
    (flows / "pet.yaml").write_text(FLOW)
    run_apart(lambda: topics.create(kafka, ALL, prefix=prefix))
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    connections = Connections(url)
    await migrate(connections, shipped())
    await connections.close()
    settings = Settings(
        kafka_bootstrap_servers=kafka,
        topic_prefix=prefix,
        database_url=SecretStr(url),
        flows_dir=flows,
        port=0,
    )
    opened = Site(settings, await asyncpg.connect(url))
    try:
        await everybody_talks(opened)
        yield opened
    finally:
        await opened.database.close()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
        run_apart(lambda: topics.delete(kafka, ALL, prefix=prefix))


async def everybody_talks(site: Site) -> None:
    """Each webhook comes twice; one record is no command; replies are delivered."""
    async with site.running():
        for number, text in enumerate(("hello", "R", "Rex"), start=1):
            said = [_message(person, text, number) for person in PEOPLE]
            await site.write(*said, *said)
        await site.settled()
        await site.write(*await statuses(site))
        kafka = site.settings.kafka_bootstrap_servers
        async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            topic = site.settings.topic_prefix + SESSION_COMMANDS.name
            await producer.send_and_wait(topic, b"{", key=b"odd", headers=[("ce_id", b"1")])
        await site.settled()


async def statuses(site: Site) -> list[Written]:
    """Say of every first reply that it was read, and later that it was delivered."""
    rows = await site.database.fetch(
        "SELECT data FROM event WHERE type = 'reply.requested.v1' AND version = 3"
    )
    told: list[Written] = []
    for status in ("read", "delivered"):
        for row in rows:
            asked = json.loads(row["data"])
            person, reply = asked["personal"]["to"], asked["reply_id"]
            command = commands.RecordDeliveryStatus(
                phone_number_id=NUMBER,
                status=status,
                at=NOON,
                reply_id=reply,
                personal=commands.StatusSubject(wamid=f"wamid.out.{reply}", recipient=person),
            )
            told.append((person, command, f"{reply}.{status}"))
    return told
