"""The panel follows the real stream of events, and opens files from a real bucket."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import aioboto3
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from simulator.app import build
from simulator.event_panel import EventPanel
from simulator.event_reader import EventReader
from simulator.settings import Settings
from streaming.cloudevents import CloudEvent, encode

pytestmark = pytest.mark.connected
ANA = "15550001111"


class Bucket(Protocol):
    endpoint_url: str
    bucket: str
    access_key_id: str
    secret_access_key: str
    region: str


def event(kind: str, sequence: int, **data: object) -> CloudEvent:
    return CloudEvent(
        id=f"event {sequence}",
        type=kind,
        source="session-core",
        time=datetime.now(UTC),
        data=json.dumps({"contact_id": "contact", **data}).encode(),
        subject="session",
        sequence=sequence,
        stream_version=sequence,
    )


def received(sequence: int) -> CloudEvent:
    message = {"type": "text", "text": "hi"}
    return event("message.received.v1", sequence, personal={"from": ANA, "message": message})


class Arrivals:
    """Counts what the panel tells the page, and lets a test wait for it."""

    def __init__(self) -> None:
        self._cards: asyncio.Queue[int] = asyncio.Queue()

    def __call__(self, _: str, __: str, card: Mapping[str, Any]) -> None:
        self._cards.put_nowait(card["sequence"])

    async def first(self, number: int) -> list[int]:
        async with asyncio.timeout(60):
            return [await self._cards.get() for _ in range(number)]


async def test_events_are_read_from_the_beginning_and_only_when_committed(
    kafka: str, topic_prefix: str
) -> None:
    arrivals = Arrivals()
    panel = EventPanel(arrivals)
    reader = EventReader(kafka, topic_prefix, "simulator", panel.record)
    topic = f"{topic_prefix}session-events"
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"{topic_prefix}writer")
    await producer.start()
    reading = asyncio.create_task(reader.run())
    try:
        async with producer.transaction():
            for sequence in (1, 2):
                told = received(sequence)
                await producer.send(topic, told.data, headers=encode(told), partition=2)
            await producer.send(topic, b"not an event", partition=2)
        await producer.begin_transaction()
        regretted = received(99)
        await producer.send(topic, regretted.data, headers=encode(regretted), partition=2)
        await producer.abort_transaction()
        async with producer.transaction():
            told = received(3)
            await producer.send(topic, told.data, headers=encode(told), partition=2)

        assert await arrivals.first(3) == [1, 2, 3]
        assert (reader.unreadable, reader.connected) == (1, True)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await producer.stop()


async def test_a_stored_file_is_streamed_from_the_bucket(s3: Bucket, settings: Settings) -> None:
    content = b"\x89PNG" + bytes(200_000)
    session = aioboto3.Session()
    async with session.client(
        "s3",
        endpoint_url=s3.endpoint_url,
        aws_access_key_id=s3.access_key_id,
        aws_secret_access_key=s3.secret_access_key,
        region_name=s3.region,
    ) as client:
        await client.put_object(Bucket=s3.bucket, Key="claims/a.png", Body=content)
    access = {
        "s3_endpoint_url": s3.endpoint_url,
        "s3_access_key_id": s3.access_key_id,
        "s3_secret_access_key": SecretStr(s3.secret_access_key),
    }
    platform = build(settings.model_copy(update=access))
    where = {"bucket": s3.bucket, "mime_type": "image/png"}
    stored = event("file.stored.v1", 1, file_id="file", key="claims/a.png", **where)
    gone = event("file.stored.v1", 2, file_id="gone", key="claims/b.png", **where)
    platform.panel.record(stored)
    platform.panel.record(gone)
    transport = httpx.ASGITransport(app=platform.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as page:
        shown = await page.get("/simulator/files/file")
        missing = await page.get("/simulator/files/gone")
    await platform.caller.close()

    assert shown.content == content
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert missing.status_code == 502
