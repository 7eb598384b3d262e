"""The whole service on a real Kafka and a real PostgreSQL, through restarts and cut connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_COMMANDS_PARKED
from installation.site import PEOPLE, Eventually, Says, Site
from installation.wires import PostgresWire
from session_core.adapters.postgres_connections import Connections
from streaming.service import Service

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Eventually = Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""When people write: by the real time of day their sessions would have expired."""
PEOPLE = tuple(f"1555000{number:04}" for number in range(12))

_ANSWER_TO_AN_APPEND = b"D\x00\x00\x00\x18\x00\x02\x00\x00\x00\x02"
"""The begin of a row of two columns, of two and eight bytes: a shard, and where it ended before."""


class Wire:
    """A TCP proxy before PostgreSQL that can hang up before the answer, or altogether."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.drop_answers = 0
        self.closed = False

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        place = f"{self._target.netloc.rpartition('@')[0]}@127.0.0.1:{port}"
        return urlunsplit(self._target._replace(netloc=place))

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        self._open.add(answers)
        with suppress(OSError):
            if not self.closed:
                await self._carry(client, answers)
        self._open.discard(answers)
        answers.transport.abort()

    async def _carry(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        server, requests = await asyncio.open_connection(self._target.hostname, self._target.port)
        there = asyncio.create_task(_pump(client, requests, lambda _: False))
        back = asyncio.create_task(_pump(server, answers, self._drops))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        requests.transport.abort()

    def _drops(self, answer: bytes) -> bool:
        if self.drop_answers and _ANSWER_TO_AN_APPEND in answer:
            self.drop_answers -= 1
            return True
        return False


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hangs_up: Callable[[bytes], bool]
) -> None:
    while (piece := await reader.read(65_536)) and not hangs_up(piece):
        writer.write(piece)
        await writer.drain()


class Site:
    """One installation: its topics, its database, and the instances that run."""

    def __init__(self, settings: Settings, store: PostgresEventStore) -> None:
        self.settings = settings
        self.store = store
        self._kafka = settings.kafka_bootstrap_servers
        self._producer = AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all")

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    async def write(self, person: str, record: Record) -> None:
        value, headers = record
        await self._producer.send_and_wait(
            self.settings.topic_prefix + SESSION_COMMANDS.name,
            value,
            key=f"106540352242922/{person}".encode(),
            headers=headers,
        )

    def instance(self, number: int = 1) -> Service:
        chosen = {"instance_id": f"session-core-{number}"}
        return build(self.settings.model_copy(update=chosen), clock=lambda: NOON)

    async def read(self, topic: str = SESSION_EVENTS.name) -> dict[int, list[dict[str, str]]]:
        """Give the headers of everything that readers of a topic see, by partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._kafka, isolation_level="read_committed")
        await consumer.start()
        seen: dict[int, list[dict[str, str]]] = {shard: [] for shard in range(PARTITIONS)}
        try:
            partitions = [TopicPartition(self.settings.topic_prefix + topic, one) for one in seen]
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for partition, records in (await consumer.getmany(timeout_ms=100)).items():
                    seen[partition.partition] += [_headers(record) for record in records]
        finally:
            await consumer.stop()
        return seen

    async def completed(self) -> int:
        seen = [one for records in (await self.read()).values() for one in records]
        return [one["ce_type"] for one in seen].count("session.completed.v1")

    async def check(self) -> None:
        """Partition p of session-events is shard p of the store, each event once and in order."""
        for shard, records in (await self.read()).items():
            stored = await self.store.read(shard, after=0, limit=100_000)
            assert [int(one["ce_sequence"]) for one in records] == list(range(1, len(records) + 1))
            assert [one["ce_id"] for one in records] == [str(one.event.event_id) for one in stored]


def _headers(record: Any) -> dict[str, str]:
    return {name: content.decode() for name, content in record.headers}


@pytest.fixture
async def wire(database: str) -> AsyncIterator[PostgresWire]:
    opened = PostgresWire(database)
    yield opened
    await opened.stop()


@pytest.fixture
async def database_address(wire: PostgresWire) -> str:
    return await wire.start()


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for component in service.components:
            stack.push_async_callback(_stopped(component.stop))
            await component.start()
        yield


def _stopped(stop: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        await stop()

    return call


async def test_a_message_that_comes_twice_leads_to_one_conversation_published_in_order(
    site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        for number, text in enumerate(("hello", "Rex", "dog"), start=1):
            for _ in range(2):  # every webhook comes twice
                await site.write(PEOPLE[0], says(PEOPLE[0], text, number=number))

        async def complete() -> bool:
            return await site.completed() == 1

        await eventually(complete)
        seen = await site.read()

    (home,) = [records for records in seen.values() if records]
    assert [record["ce_type"] for record in home].count("message.received.v1") == 3
    assert {"ce_subject", "ce_streamversion", "ce_causationid"} <= home[0].keys()
    await site.check()


@pytest.mark.parametrize("offset", [0, 10_000], ids=["far behind", "far ahead"])
async def test_offsets_committed_to_kafka_do_not_matter(
    offset: int, site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
    await _commit(site, offset)
    await site.write(PEOPLE[0], says(PEOPLE[0], "Rex", number=2))

    async with running(site.instance()):
        await eventually(lambda: _published(site, 2))

    await site.check()


async def test_connections_cut_before_the_answer_lose_and_double_nothing(
    site: Site, wire: PostgresWire, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        for number, text in enumerate(("hello", "Rex", "dog"), start=1):
            wire.drop_answers = 2
            for person in PEOPLE:
                await site.write(person, says(person, text, number=number))
            await eventually(lambda: wire.drop_answers == 0)
            wire.cut()

        async def complete() -> bool:
            return await site.completed() == len(PEOPLE)

        await eventually(complete)

    assert max([await site.store.epoch(shard) for shard in range(PARTITIONS)]) > 1
    await site.check()
    assert not any((await site.read(SESSION_COMMANDS_PARKED.name)).values())


async def test_a_database_away_in_mid_conversation_is_waited_for(
    site: Site, wire: PostgresWire, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
        wire.closed = True
        wire.cut()
        await site.write(PEOPLE[0], says(PEOPLE[0], "Rex", number=2))
        await asyncio.sleep(1.0)
        unheard = await _published(site, 2)
        wire.closed = False

        await eventually(lambda: _published(site, 2))

    assert not unheard
    await site.check()


async def test_a_second_instance_takes_its_share_while_people_talk(
    site: Site, connections: Connections, says: Says, eventually: Eventually
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(site.instance(1)))
        talking = asyncio.create_task(site.everybody_talks(says, pause=2.0))
        await stack.enter_async_context(running(site.instance(2)))
        await talking

        async def complete() -> bool:
            return await site.completed() == len(PEOPLE)

        await eventually(complete)
        async with connections.borrow() as connection:
            owners = await connection.fetchval("SELECT count(DISTINCT owner) FROM shard")

    assert owners == 2
    await site.check()


async def test_bytes_that_are_no_command_are_parked_with_their_headers(
    site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], (b"{", [("ce_id", b"1"), ("odd", b"kept")]))
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
        parked = await site.read(SESSION_COMMANDS_PARKED.name)

    (record,) = [one for records in parked.values() for one in records]
    assert record["odd"] == "kept"
    assert record["park-reason"] == "invalid CloudEvent: specversion is not 1.0"


async def _published(site: Site, messages: int) -> bool:
    seen = [one for records in (await site.read()).values() for one in records]
    return [one["ce_type"] for one in seen].count("message.received.v1") == messages


async def _commit(site: Site, offset: int) -> None:
    topic = site.settings.topic_prefix + SESSION_COMMANDS.name
    consumer = AIOKafkaConsumer(
        bootstrap_servers=site.settings.kafka_bootstrap_servers,
        group_id=site.settings.topic_prefix + "session-core",
        enable_auto_commit=False,
        partition_assignment_strategy=(StickyPartitionAssignor,),
        group_instance_id="session-core-1",
    )
    consumer.subscribe([topic])
    await consumer.start()
    await consumer.getmany(timeout_ms=500)
    await consumer.commit(dict.fromkeys(consumer.assignment(), offset))
    await consumer.stop()
