"""From session-events to session-commands on a real Kafka; also the program of the how-to."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from domain.codec import encode
from domain.commands import RecordLookup
from domain.events import LookupRequested, Query
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from domain.values import ContactId, LookupId, SessionId
from lookups.app import build
from lookups.settings import Settings
from streaming import cloudevents
from streaming.cloudevents import CloudEvent
from streaming.kafka import KafkaSettings, Publisher, broker

pytestmark = pytest.mark.connected

ROOT = Path(__file__).parents[3]
PARTITION = 3
ANA = ContactId(UUID("0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"))


@dataclass(frozen=True)
class Core:
    """The topics as session-core sees them."""

    publisher: Publisher
    kafka: KafkaSettings

    async def asks(self, order: str, number: int) -> LookupId:
        asked = LookupRequested(
            contact_id=ANA,
            session_id=SessionId(UUID(int=1)),
            phone_number_id="106540352242922",
            lookup_id=LookupId(UUID(int=number)),
            flow="order-status",
            step="find",
            name="order-status",
            answer_by=datetime.now(UTC) + timedelta(minutes=5),
            personal=Query(query={"order": order}),
        )
        envelope = CloudEvent(
            id=f"e-{number}",
            type=asked.TYPE,
            source="session-core",
            time=datetime.now(UTC),
            data=encode(asked),
            correlation_id="c0",
        )
        await self.publisher.publish(
            SESSION_EVENTS.name,
            envelope.data,
            key=str(ANA).encode(),
            headers=cloudevents.encode(envelope),
            partition=PARTITION,
        )
        return asked.lookup_id

    async def hears(self, count: int) -> list[tuple[RecordLookup, CloudEvent]]:
        """Wait for so many answers in the partition where they are needed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka.bootstrap_servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        async with consumer:
            consumer.assign([TopicPartition(self.kafka.topic(SESSION_COMMANDS.name), PARTITION)])
            return [_told(await consumer.getone()) for _ in range(count)]


def _told(record: ConsumerRecord) -> tuple[RecordLookup, CloudEvent]:
    envelope = cloudevents.decode(record.value, record.headers)
    return RecordLookup.model_validate_json(envelope.data), envelope


@pytest.fixture
async def core(kafka: str, topic_prefix: str) -> AsyncIterator[Core]:
    settings = KafkaSettings(kafka, "lookups-test", topic_prefix)
    link = broker(settings)
    await link.start()
    yield Core(Publisher(link, settings), settings)
    await link.stop()


@asynccontextmanager
async def running(core: Core) -> AsyncIterator[None]:
    settings = Settings(
        kafka_bootstrap_servers=core.kafka.bootstrap_servers,
        topic_prefix=core.kafka.topic_prefix,
        port=0,
        table=ROOT / "tools" / "lookups" / "desk.yaml",
    )
    started = []
    try:
        for part in build(settings).components:
            started.append(part)
            await part.start()
        yield
    finally:
        for part in reversed(started):
            await part.stop()


async def test_the_desk_answers_to_the_partition_that_it_was_asked_from(core: Core) -> None:
    async with running(core):
        shipped, unknown = await core.asks("A-17", 1), await core.asks("B-1", 2)
        told = {answer.lookup_id: (answer, cause) for answer, cause in await core.hears(2)}

    assert told[shipped][0].personal.data["status"] == "shipped"
    assert told[shipped][1].causation_id == "e-1"
    assert told[unknown][0].outcome == "not-found"


async def test_the_program_in_the_how_to_answers_likewise(core: Core) -> None:
    text = (ROOT / "docs" / "how-to" / "answer-a-lookup.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, core.kafka.bootstrap_servers, core.kafka.topic_prefix),
        stderr=subprocess.PIPE,
    )
    try:
        shipped, unknown = await core.asks("A-17", 1), await core.asks("B-1", 2)
        told = {answer.lookup_id: (answer, cause) for answer, cause in await core.hears(2)}
    finally:
        process.send_signal(signal.SIGINT)
        _, complaints = await process.communicate()

    assert told[shipped][0].personal.data == {"status": "shipped", "carrier": "SEUR"}
    assert (told[shipped][1].causation_id, told[shipped][1].correlation_id) == ("e-1", "c0")
    assert told[unknown][0].outcome == "not-found"
    assert (process.returncode, b"Traceback" in complaints) == (0, False)
