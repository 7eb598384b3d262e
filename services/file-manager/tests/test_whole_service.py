"""The service as it runs: real Kafka, real S3, and a platform that answers over HTTP."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from pydantic import SecretStr
from structlog.testing import capture_logs

from devstack.clamd import EICAR
from devstack.ports import free_port
from domain.codec import encode
from domain.events import ContactErased, FileStored, FileUploaded
from domain.ports.files import Filing
from faulty.line import Line
from file_manager.adapters.memory_content import MemoryContent
from file_manager.adapters.s3_bucket import Bucket
from file_manager.adapters.s3_storage import S3Storage
from file_manager.app import build
from file_manager.settings import Settings
from streaming import cloudevents
from streaming.cloudevents import CloudEvent
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.late_kafka import begun_before_kafka
from streaming.service import Service

pytestmark = pytest.mark.connected

Uploads = Callable[..., FileUploaded]
Buckets = Callable[..., Bucket]

PHOTO = b"\xff\xd8\xff\xe0" + bytes(200_000)
PARTITION = 4


@pytest.fixture
async def graph() -> AsyncIterator[str]:
    """Play the platform: it has every medium but those called `expired`."""

    async def look_up(request: web.Request) -> web.Response:
        if request.match_info["media"] == "expired":
            return web.json_response({"error": {"code": 100}}, status=400)
        path = "malware" if request.match_info["media"] == "malware" else "photo"
        return web.json_response({"url": f"http://{request.host}/{path}"})

    async def photo(request: web.Request) -> web.Response:
        allowed = request.headers["Authorization"] == "Bearer graph-token"
        return web.Response(body=PHOTO) if allowed else web.Response(status=401)

    async def malware(_: web.Request) -> web.Response:
        return web.Response(body=PHOTO + EICAR)

    app = web.Application()
    app.add_routes([web.get("/v24.0/{media}", look_up), web.get("/photo", photo)])
    app.add_routes([web.get("/malware", malware)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.fixture
def settings(
    *, kafka: str, topic_prefix: str, graph: str, line: Line, bucket: Buckets, scanner_line: Line
) -> Settings:
    itself = bucket()
    return Settings.model_validate(
        {
            "kafka_bootstrap_servers": kafka,
            "topic_prefix": topic_prefix,
            "port": free_port(),
            "graph_url": graph,
            "access_token": SecretStr("graph-token"),
            "s3_endpoint_url": f"http://{line.address}",
            "s3_bucket": itself.name,
            "s3_access_key_id": itself.access_key_id,
            "s3_secret_access_key": itself.secret_access_key,
            "s3_region": itself.region,
            "scan": "required",
            "clamd_address": scanner_line.address,
        }
    )


@dataclass
class World:
    """The topics on both sides of the service."""

    publisher: Publisher
    commands: AIOKafkaConsumer
    parked: AIOKafkaConsumer

    async def happens(self, event_type: str, data: bytes, key: UUID) -> str:
        event = CloudEvent(
            id=str(uuid4()),
            type=event_type,
            source="session-core",
            time=datetime(2026, 11, 30, tzinfo=UTC),
            data=data,
            correlation_id="corr-1",
        )
        await self.publisher.publish(
            "session-events",
            data,
            key=str(key).encode(),
            headers=cloudevents.encode(event),
            partition=PARTITION,
        )
        return event.id

    async def next_command(self) -> tuple[ConsumerRecord, CloudEvent, dict[str, Any]]:
        record = await next_of(self.commands)
        command = cloudevents.decode(record.value, record.headers)
        return record, command, json.loads(command.data)


async def next_of(consumer: AIOKafkaConsumer) -> ConsumerRecord:
    async with asyncio.timeout(60):
        return await consumer.getone()


@pytest.fixture
async def world(kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    known = KafkaSettings(kafka, "test", topic_prefix)
    async with AsyncExitStack() as stack:
        link = broker(known)
        await link.start()
        stack.push_async_callback(link.stop)
        consumers = []
        for name in ("session-commands", "session-events.parked.file-manager"):
            consumer = AIOKafkaConsumer(
                topic_prefix + name, bootstrap_servers=kafka, auto_offset_reset="earliest"
            )
            await consumer.start()
            stack.push_async_callback(consumer.stop)
            consumers.append(consumer)
        yield World(Publisher(link, known), *consumers)


@pytest.fixture
async def running(settings: Settings) -> AsyncIterator[Settings]:
    parts = build(settings).components
    with capture_logs():  # unconfigured, structlog draws each traceback for seconds
        for part in parts:
            await part.start()
        yield settings
        for part in reversed(parts):
            await part.stop()


async def test_a_photo_that_was_sent_lies_in_the_bucket_and_is_reported(
    running: Settings, world: World, upload: Uploads, s3_storage: S3Storage
) -> None:
    file = upload(file_id=uuid4(), contact_id=uuid4())
    event_id = await world.happens(file.TYPE, encode(file), file.contact_id)

    record, command, told = await world.next_command()

    assert (record.partition, record.key) == (PARTITION, str(file.contact_id).encode())
    assert command.type == "file.record-stored.v1"
    assert (command.causation_id, command.correlation_id) == (event_id, "corr-1")
    stored = await s3_storage.find(told["key"])
    assert stored is not None
    assert stored.sha256 == told["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert await is_ready(running)


async def test_uploads_during_an_outage_of_s3_are_stored_when_it_is_back(
    running: Settings, world: World, line: Line, upload: Uploads, s3_storage: S3Storage
) -> None:
    await line.change("restarting")
    files = [upload(file_id=uuid4(), contact_id=uuid4()) for _ in range(12)]
    for file in files:
        await world.happens(file.TYPE, encode(file), file.contact_id)
    await tried_in_vain(running)

    await line.change("fine")
    reports = [await world.next_command() for _ in files]

    assert {told["file_id"] for _, _, told in reports} == {str(file.file_id) for file in files}
    assert {command.type for _, command, _ in reports} == {"file.record-stored.v1"}
    for _, _, told in reports:
        assert await s3_storage.find(told["key"]) is not None


async def test_uploads_wait_for_a_scanner_that_is_gone_and_are_scanned_when_it_is_back(
    running: Settings, world: World, scanner_line: Line, upload: Uploads, s3_storage: S3Storage
) -> None:
    await scanner_line.change("restarting")
    files = [upload(file_id=uuid4(), contact_id=uuid4()) for _ in range(12)]
    for file in files:
        await world.happens(file.TYPE, encode(file), file.contact_id)
    await tried_in_vain(running)

    await scanner_line.change("fine")
    reports = [await world.next_command() for _ in files]

    assert {told["file_id"] for _, _, told in reports} == {str(file.file_id) for file in files}
    assert all(told["scanned"] for _, _, told in reports)
    for _, _, told in reports:
        assert await s3_storage.find(told["key"]) is not None


async def test_the_files_of_an_erased_person_leave_the_bucket(
    running: Settings, world: World, upload: Uploads, s3_storage: S3Storage
) -> None:
    del running
    file = upload(file_id=uuid4(), contact_id=uuid4())
    await world.happens(file.TYPE, encode(file), file.contact_id)
    _, _, told = await world.next_command()
    before = await s3_storage.find(told["key"])

    erased = ContactErased(contact_id=file.contact_id)
    await world.happens(erased.TYPE, encode(erased), file.contact_id)

    async def is_gone() -> bool:
        return await s3_storage.find(told["key"]) is None

    await eventually(is_gone)
    assert before is not None


async def test_malware_is_rejected_and_nothing_of_it_is_stored(
    running: Settings, world: World, upload: Uploads, s3_storage: S3Storage
) -> None:
    del running
    file = upload(file_id=uuid4(), contact_id=uuid4(), media_id="malware")
    await world.happens(file.TYPE, encode(file), file.contact_id)

    _, command, told = await world.next_command()

    assert (command.type, told["reason"]) == ("file.record-rejected.v1", "malware")
    assert await s3_storage.find(f"1060/2026/11/{file.file_id}/image.jpg") is None


async def test_an_expired_photo_is_rejected_and_the_next_one_kept(
    running: Settings, world: World, upload: Uploads
) -> None:
    del running
    contact = uuid4()
    for media in ("expired", "media-1"):
        file = upload(file_id=uuid4(), contact_id=contact, media_id=media)
        await world.happens(file.TYPE, encode(file), contact)

    (_, first, told), (_, second, _) = [await world.next_command() for _ in range(2)]

    assert (first.type, told["reason"]) == ("file.record-rejected.v1", "media-expired")
    assert second.type == "file.record-stored.v1"


async def test_an_upload_that_cannot_be_read_is_set_aside_with_its_bytes(
    running: Settings, world: World
) -> None:
    del running
    await world.happens("file.uploaded.v1", b'{"media_id": 7}', uuid4())

    parked = await next_of(world.parked)

    assert parked.value == b'{"media_id": 7}'
    assert dict(parked.headers)["park-error-class"] == b"UndecodableMessage"


async def test_the_process_stops_cleanly_when_it_is_told_to(settings: Settings) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "file_manager", env={**os.environ, **variables(settings)}
    )

    try:
        await eventually(lambda: is_ready(settings))
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            code = await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()

    assert code == 0


def variables(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(include=settings.model_fields_set)
    return {
        f"FILE_MANAGER_{name.upper()}": value.get_secret_value()
        if isinstance(value, SecretStr)
        else str(value)
        for name, value in given.items()
    }


async def is_ready(settings: Settings) -> bool:
    return await status_of(settings, "readyz") == httpx.codes.OK


async def status_of(settings: Settings, path: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://127.0.0.1:{settings.port}/{path}")).status_code
        except httpx.TransportError:
            return 0


async def tried_in_vain(settings: Settings) -> None:
    async def paused() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            metrics = (await client.get(f"http://127.0.0.1:{settings.port}/metrics")).text
        group = settings.topic_prefix + "file-manager"
        return any(
            line.startswith("streaming_circuit_open{") and group in line and line.endswith(" 1.0")
            for line in metrics.splitlines()
        )

    await eventually(paused)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 nothing tells when another process is ready
            await asyncio.sleep(0.05)


async def test_begun_before_kafka_it_waits_says_so_and_then_keeps_files(
    settings: Settings, kafka: str, world: World, upload: Uploads
) -> None:
    def service(address: str) -> Service:
        return build(settings.model_copy(update={"kafka_bootstrap_servers": address}))

    file = upload(file_id=uuid4(), contact_id=uuid4())
    await world.happens(file.TYPE, encode(file), file.contact_id)
    async with begun_before_kafka(service, settings.port, kafka):
        _, command, _ = await world.next_command()

    assert command.type == "file.record-stored.v1"


async def test_verify_finds_what_events_tell_of_and_the_bucket_has_not(
    settings: Settings, world: World, filing: Callable[..., Filing], s3_storage: S3Storage
) -> None:
    there, missing = (f"1060/2026/11/{uuid4()}/image.jpg" for _ in range(2))
    photo = MemoryContent(PHOTO)
    await s3_storage.store(there, photo, filing())
    for key in (there, missing):
        stored = FileStored(
            contact_id=uuid4(),
            session_id=uuid4(),
            file_id=uuid4(),
            bucket=settings.s3_bucket,
            key=key,
            size=photo.size,
            mime_type="image/jpeg",
            sha256=photo.sha256,
        )
        await world.happens(stored.TYPE, encode(stored), stored.contact_id)
    command = [sys.executable, "-m", "file_manager", "verify", "--json"]

    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **variables(settings)},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(100):
        told, _ = await process.communicate()

    verdict = json.loads(told)
    findings = {(one["what"], one["key"]) for one in verdict["findings"]}
    assert (process.returncode, verdict["events"]) == (1, 2)
    assert ("object-missing", missing) in findings
    assert there not in {key for _, key in findings}
