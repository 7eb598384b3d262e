"""Timers on a real Kafka and a real PostgreSQL, by a time of day that the test sets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from domain.commands import FireTimer
from domain.events import AnswerRecorded, SessionExpired, SessionInitiated
from domain.ports.event_store import RecordedEvent
from domain.topics import PARTITIONS, SESSION_COMMANDS
from domain.values import ContactId
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.app import build
from session_core.settings import Settings

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Says = Callable[..., tuple[bytes, list[tuple[str, bytes]]]]
Eventually = Callable[[Callable[[], Awaitable[bool] | bool]], Awaitable[None]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = timedelta(hours=72)
HOUR = 3600
PEOPLE = tuple(f"1555000{number:04}" for number in range(40))


class Site:
    """One installation, whose instances go by a time of day that is told them."""

    def __init__(self, settings: Settings, connections: Connections, says: Says) -> None:
        self.now: Callable[[], datetime] = lambda: NOON
        self._settings = settings
        self._connections = connections
        self._store = PostgresEventStore(connections)
        self._says = says
        self._topic = settings.topic_prefix + SESSION_COMMANDS.name
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap_servers, acks="all"
        )

    async def start(self) -> None:
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()

    def time_of_day(self) -> datetime:
        return self.now()

    @asynccontextmanager
    async def running(self, number: int = 1) -> AsyncIterator[None]:
        chosen = self._settings.model_copy(update={"instance_id": f"session-core-{number}"})
        components = build(chosen, clock=self.time_of_day).components
        try:
            for component in components:
                await component.start()
            yield
        finally:
            for component in reversed(components):
                await component.stop()

    async def hears(
        self, person: str, text: str, *, seconds: int = 1, user_id: str | None = None
    ) -> None:
        """Let a message come in, on the partition of the name that it shows."""
        value, headers = self._says(person, text, number=seconds, user_id=user_id)
        key = f"106540352242922/{person or user_id}".encode()
        await self._producer.send_and_wait(self._topic, value, key=key, headers=headers)

    async def happened(self, event_type: str) -> list[RecordedEvent]:
        read = [
            await self._store.read(shard, after=0, limit=100_000) for shard in range(PARTITIONS)
        ]
        return [one for events in read for one in events if one.event.type == event_type]

    async def whose(self, event_type: str) -> set[ContactId]:
        return {one.event.origin.contact_id for one in await self.happened(event_type)}

    async def due_at(self) -> list[datetime]:
        async with self._connections.borrow() as connection:
            rows = await connection.fetch("SELECT due_at FROM timer ORDER BY due_at")
        return [row["due_at"] for row in rows]

    async def firings(self) -> Counter[str]:
        """Count the commands with which timers fired, by their ids."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka_bootstrap_servers)
        await consumer.start()
        found: Counter[str] = Counter()
        try:
            partitions = [TopicPartition(self._topic, shard) for shard in range(PARTITIONS)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(one) < ends[one] for one in partitions]):
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    found.update(_firing(record) for record in records)
        finally:
            await consumer.stop()
        del found[""]
        return found


def _firing(record: Any) -> str:
    headers = {name: content.decode() for name, content in record.headers}
    return headers["ce_id"] if headers["ce_type"] == FireTimer.TYPE else ""


@pytest.fixture
async def site(  # noqa: PLR0917 pytest passes fixtures by name
    kafka: str,
    topic_prefix: str,
    database: str,
    connections: Connections,
    flows: dict[str, str],
    says: Says,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    for name, source in flows.items():
        (tmp_path / name).write_text(source)
    settings = Settings(
        kafka_bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        database_url=SecretStr(database),
        flows_dir=tmp_path,
        port=0,
    )
    opened = Site(settings, connections, says)
    await opened.start()
    yield opened
    await opened.stop()


async def everybody_is_asked(site: Site, eventually: Eventually) -> None:
    for number, person in enumerate(PEOPLE):
        await site.hears(person, "hello", user_id=f"US.{number}")

    async def all_begun() -> bool:
        return len(await site.happened(SessionInitiated.TYPE)) == len(PEOPLE)

    await eventually(all_begun)


async def test_after_an_hour_of_outage_only_who_stayed_silent_is_let_go(
    site: Site, eventually: Eventually
) -> None:
    async with site.running():
        await everybody_is_asked(site, eventually)
    half = len(PEOPLE) // 2
    for number, person in enumerate(PEOPLE[:half]):
        shown = "" if number % 2 else person  # some by a name whose partition is another
        await site.hears(shown, "Rex", seconds=71 * HOUR + number, user_id=f"US.{number}")
    site.now = lambda: NOON + timedelta(hours=73)

    async def silent_let_go() -> bool:
        expired = len(await site.happened(SessionExpired.TYPE))
        return expired >= half and min(await site.due_at()) > site.now()

    async with site.running(1), site.running(2):
        await eventually(silent_let_go)
    firings = await site.firings()
    answered = await site.whose(AnswerRecorded.TYPE)

    assert len(answered) == half
    assert answered.isdisjoint(await site.whose(SessionExpired.TYPE))
    assert await site.due_at() == [
        NOON + PATIENCE + timedelta(seconds=71 * HOUR + number) for number in range(half)
    ]
    assert len(firings) == len(PEOPLE)
    assert set(firings.values()) == {1}


async def test_sessions_end_within_about_a_second_of_their_deadline(
    site: Site, eventually: Eventually
) -> None:
    loop = asyncio.get_running_loop()
    async with site.running():
        await everybody_is_asked(site, eventually)
        due_at = NOON + PATIENCE + timedelta(seconds=1)
        begun = loop.time()
        site.now = lambda: due_at + timedelta(seconds=loop.time() - begun - 1.0)

        async def all_expired() -> bool:
            return len(await site.happened(SessionExpired.TYPE)) == len(PEOPLE)

        await eventually(all_expired)
        stored = (site.now() - due_at).total_seconds()
        expired = await site.happened(SessionExpired.TYPE)

    fired = [(one.event.origin.at - due_at).total_seconds() for one in expired]

    assert min(fired) >= 0.0
    assert stored < 45.0, "usually within a second; ADR 14 has figures"
